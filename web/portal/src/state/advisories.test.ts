import { expect, it } from 'vitest';
import type { AdvisoryAsset, AdvisoryMatch } from '../api/inventory-types';
import { assetsOf, bearing, hostOf } from './advisories';

const asset = (asset_id: string, state: AdvisoryAsset['state']): AdvisoryAsset => ({
  asset_id, name: asset_id, criticality: 2, state, findings: [{ cve: 'CVE-2026-1', title: null, score: null, severity: null, state, why: 'in_range', product: 'Vigie', remediations: [] }],
});
const match = (title: string, assets: AdvisoryAsset[]): AdvisoryMatch => ({
  advisory: { id: title, tracking_id: title, version: '1', title, publisher: 'Phare', tlp: null, score: null, severity: null, severity_words: null, cves: [], released_at: '', added_at: '', added_by: '' },
  state: assets[0]?.state ?? 'possibly',
  assets,
});
const all = [match('A', [asset('plc', 'affected'), asset('hmi', 'fixed')]), match('B', [asset('hmi', 'possibly')])];

it('leaves what matches, with the worst state of that', () => {
  expect(bearing(all, { text: '', state: 'open', asset: '' }).map(({ assets }) => assets.length)).toEqual([1, 1]);
  expect(bearing(all, { text: '', state: '', asset: 'hmi' }).map(({ state }) => state)).toEqual(['fixed', 'possibly']);
  expect(bearing(all, { text: 'cve-2026-1 plc', state: '', asset: '' })).toHaveLength(1);
  expect(assetsOf(all)).toBe(2);
});

it('opens nothing but web addresses', () => expect([hostOf('https://a.example/x'), hostOf('javascript:alert(1)'), hostOf(null)]).toEqual(['a.example', null, null]));
