import { expect, it } from 'vitest';
import type { AdvisoryMatch, AdvisorySummary, Asset } from '../api/inventory-types';
import { NO_FILTER, NO_ZONE, bearingsOf, bodyOf, differing, faultsOf, newBody, sifted, trimmed } from './inventory';

const asset = (id: string, rest: Partial<Asset> = {}): Asset => ({
  ...newBody({ name: id, class: 'OTE' }), id, organisation_id: 'o', origin: 'people', gateway_id: null, told: [], gone_at: null, created_at: '', changed_at: '', changed_by: '', ...rest,
});
const summary = (id: string, score: number | null): AdvisorySummary => ({
  id, tracking_id: id, version: '1', title: id, publisher: '', tlp: null, score, severity: null, severity_words: null, cves: [], released_at: '', added_at: '', added_by: '',
});
const match = (id: string, score: number, state: AdvisoryMatch['state']): AdvisoryMatch => ({ advisory: summary(id, score), state, assets: [{ asset_id: 'plc', name: 'plc', criticality: 2, state, findings: [] }] });

it('keeps what somebody has to look at, the worst first', () => {
  const borne = bearingsOf([match('a', 9, 'possibly'), match('b', 5, 'affected'), match('c', 8, 'affected'), match('d', 10, 'fixed')]);
  expect(borne.get('plc')?.map(({ advisory }) => advisory.id)).toEqual(['c', 'b', 'a']);
});

it('finds by every filter at once', () => {
  const all = [asset('plc', { zone_id: 'z', criticality: 4, make: 'Phare' }), asset('écran'), asset('meter', { origin: 'gateway', gone_at: '2026-01-01T00:00:00Z' })];
  const borne = bearingsOf([match('a', 9, 'affected')]);
  const ids = (rest: Partial<typeof NO_FILTER>) => sifted(all, { ...NO_FILTER, ...rest }, borne, ({ class: family }) => (family === 'OTE' ? 'Control' : '')).map(({ id }) => id);
  expect(ids({})).toHaveLength(3);
  expect(ids({ text: 'ECRAN control' })).toEqual(['écran']);
  expect(ids({ zone: NO_ZONE })).toEqual(['écran', 'meter']);
  expect(ids({ zone: 'z', criticality: '3' })).toEqual(['plc']);
  expect(ids({ origin: 'gone' })).toEqual(['meter']);
  expect(ids({ origin: 'people' })).toEqual(['plc', 'écran']);
  expect(ids({ borne: true })).toEqual(['plc']);
});

it('sends only what can be set, tidied save what a gateway says', () => {
  const told = asset('a', { make: ' Socomec ', owner: ' Ana ', told: ['make'] });
  const body = trimmed(bodyOf(told), told.told);
  expect([body.make, body.owner]).toEqual([' Socomec ', 'Ana']);
  expect(body).not.toHaveProperty('id');
});

it('says what is missing and what differs', () => {
  expect(faultsOf(newBody())).toEqual({ name: 'name', class: 'class' });
  expect(differing(newBody({ name: 'a' }), newBody({ name: 'b', zone_id: 'z' }))).toEqual(['name', 'zone_id']);
});
