import { describe, expect, it } from 'vitest';
import type { Taxonomies } from '../api/standing-types';
import { termsOf, termsWith } from './taxonomies';

const w = (en: string, fr: string) => ({ en, fr });
const provenance = { source: '', licence: '', verified: true, note: '' };
const all: Taxonomies = {
  assets: { provenance, items: [{ id: 'FIX', title: w('Fixed infrastructure', 'Infrastructures fixes'), entries: [{ id: 'fix.lock', title: w('Lock', 'Écluse') }, { id: 'fix.basin', title: w('Basin', 'Bassin') }] }] },
  threats: { provenance, items: [{ id: 'NEF', title: w('Nefarious activity', 'Activité malveillante'), entries: [{ id: 'nef.ransomware', title: w('Ransomware', 'Rançongiciel'), misp: 'enisa:nefarious-activity-abuse="ransomware"' }] }] },
  services: { provenance, items: [{ id: 'berthing', title: w('Berthing', 'Accostage'), text: w('Ships come alongside.', 'Les navires accostent.'), kind: 'business-value' }] },
  actor_kinds: [{ id: 'authorities', title: w('Authorities', 'Autorités') }],
  actors: { provenance, items: [{ id: 'customs', title: w('Customs', 'Douane'), kind: 'authorities' }] },
  impacts: { provenance, items: [] },
  sources: { provenance, items: [] },
};

describe('the taxonomies', () => {
  it('gives every list the same rows, with the group where there is one', () => {
    expect(termsOf(all, 'assets').map(({ id, group }) => [id, group?.id])).toEqual([['fix.lock', 'FIX'], ['fix.basin', 'FIX']]);
    expect(termsOf(all, 'actors')).toMatchObject([{ id: 'customs', group: { title: { fr: 'Autorités' } } }]);
    expect(termsOf(all, 'services')).toMatchObject([{ id: 'berthing', group: null, text: { en: 'Ships come alongside.' } }]);
    expect(termsOf(all, 'impacts')).toEqual([]);
  });

  it('finds words of both languages, of ids, of groups and of MISP', () => {
    const found = (text: string) => termsWith([...termsOf(all, 'assets'), ...termsOf(all, 'threats')], text).map(({ id }) => id);
    expect(found('ecluse')).toEqual(['fix.lock']);
    expect(found('FIX.')).toEqual(['fix.lock', 'fix.basin']);
    expect(found('nefarious ransom')).toEqual(['nef.ransomware']);
    expect(found('')).toHaveLength(3);
    expect(found('crane')).toEqual([]);
  });
});
