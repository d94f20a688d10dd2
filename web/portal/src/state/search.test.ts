import { describe, expect, it } from 'vitest';
import type { GuideEntry } from '../api/standing-types';
import { byTheme, searched, type GuideFilter } from './search';

const entry = (measure: string, change: Partial<GuideEntry>): GuideEntry => ({
  measure, name: { en: measure, fr: measure }, theme: { en: 'Access', fr: 'Accès' }, importance: 'mandatory', effort: 'S', cost: 'none',
  summary: { en: '', fr: '' }, keywords: { en: [], fr: [] }, ...change,
});
const entries = [
  entry('TEC-05', { name: { en: 'Accounts', fr: 'Comptes' }, keywords: { en: ['password'], fr: ['mot de passe'] } }),
  entry('TEC-21', { summary: { en: 'A copy off line', fr: 'Une copie hors ligne, à l’écart du réseau' }, theme: { en: 'Continuity', fr: 'Continuité' }, importance: 'recommended', effort: 'L' }),
];
const found = (change: Partial<GuideFilter>) => searched(entries, { text: '', theme: '', importance: '', effort: '', ...change }).map(({ measure }) => measure);

describe('the guide', () => {
  it('finds words in titles, summaries and keywords, in both languages and without accents', () => {
    expect(found({ text: 'passe mot' })).toEqual(['TEC-05']);
    expect(found({ text: 'RESEAU' })).toEqual(['TEC-21']);
    expect(found({ text: 'tec-21' })).toEqual(['TEC-21']);
    expect(found({ text: 'nothing' })).toEqual([]);
  });
  it('filters by theme, importance and effort', () => {
    expect(found({ theme: 'Access' })).toEqual(['TEC-05']);
    expect(found({ importance: 'recommended' })).toEqual(['TEC-21']);
    expect(found({ effort: 'S', text: 'copie' })).toEqual([]);
  });
  it('groups by theme', () => {
    expect(byTheme(entries).map(({ theme, entries: own }) => [theme.fr, own.length])).toEqual([['Accès', 1], ['Continuité', 1]]);
  });
});
