import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Advisory, AdvisoryMatch } from '../../api/inventory-types';
import { advisoryTables, libraryTable } from './export';

const advisory: Advisory = {
  id: 'a', title: 'Gateway: weak session', publisher: 'Maker', tracking_id: 'M-1', version: '2', status: 'final', severity: 'high', score: 8.1, severity_words: null, cves: ['CVE-2026-1'], tlp: 'amber_strict',
  first_released_at: '2026-11-01T00:00:00.000Z', released_at: '2026-11-02T00:00:00.000Z', added_at: '2026-11-03T00:00:00.000Z', added_by: 'Ada',
  vulnerabilities: [{ cve: 'CVE-2026-1', title: 'Session', severity: 'high', score: 8.1 }, { cve: null, title: null, severity: null, score: null }],
  products: ['Maker Gate 2 <4.1'],
};
const match = {
  advisory,
  state: 'affected',
  assets: [{ asset_id: 'x', name: 'Quay gate', criticality: 4, state: 'affected', findings: [{ cve: 'CVE-2026-1', title: null, product: 'Gate 2', remediations: [], score: 8.1, severity: 'high', state: 'affected', why: 'in_range' }] }],
} as AdvisoryMatch;
const given = (of: AdvisoryMatch | null) => JSON.parse(jsonOf(advisoryTables(advisory, of))) as Record<string, Record<string, unknown>[]>;

it('gives the facts of an advisory, its vulnerabilities and its products', () => {
  const all = given(null);
  expect(Object.keys(all)).toEqual(['advisory', 'vulnerabilities', 'products']);
  expect(all.advisory).toMatchObject([{ tracking_id: 'M-1', status: 'final', tlp: 'amber_strict', added_by: 'Ada' }]);
  expect(all.vulnerabilities).toEqual([{ cve: 'CVE-2026-1', title: 'Session', severity: 'high', score: 8.1 }, { cve: null, title: null, severity: null, score: null }]);
  expect(all.products).toEqual([{ product: 'Maker Gate 2 <4.1' }]);
});

it('adds the assets on which it bears, where that is looked at', () => {
  expect(given(match).advisories_bearing).toMatchObject([{ asset: 'Quay gate', state: 'affected', why: 'in_range' }]);
});

it('names the CVEs of each advisory of the library', () => {
  const table = libraryTable([advisory, { ...advisory, cves: ['CVE-2026-2', 'CVE-2026-3'] }, { ...advisory, cves: [] }]);
  expect((JSON.parse(jsonOf([table])) as { cves: string[] }[]).map(({ cves }) => cves)).toEqual([['CVE-2026-1'], ['CVE-2026-2', 'CVE-2026-3'], []]);
});

it('marks who may read it as the standard writes it', () => {
  const [facts] = advisoryTables(advisory, null);
  expect(facts?.rows[0]?.[facts.columns.findIndex(({ key }) => key === 'tlp')]?.shown).toMatch(/^TLP:AMBER\+STRICT, /);
});
