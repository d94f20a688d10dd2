import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Gateway } from '../api/types';
import { chainOf } from '../state/chain';
import { chainTable, factsTable } from './fleet-export';

const now = Date.parse('2026-11-21T10:00:00.000Z');
const sound: Gateway = {
  id: 'g', name: 'Quay', site_id: 's', site_name: 'Terminal', organisation_id: 'o', organisation_name: 'Port', state: 'enrolled', online: true,
  last_seen_at: '2026-11-21T09:59:59.000Z', version: '0.1.0', backlog_chunks: 2, devices: { online: 3, degraded: 0, offline: 1, never_seen: 0 }, power_w: 1500,
  certificate_expires_at: '2027-01-20T10:00:00.000Z', clock_set: true,
  audit: { public_key: '', verified_to: 812, received_at: '2026-11-21T09:00:00.000Z', contradiction: 'shorter', contradicted_seq: 700, contradicted_at: null },
};
const facts = (change: Partial<Gateway> = {}) => factsTable({ ...sound, ...change });
const shown = (key: string, change: Partial<Gateway> = {}) => {
  const { columns, rows } = facts(change);
  return rows[0]?.[columns.findIndex((column) => column.key === key)]?.shown;
};

it('gives the facts of a gateway in one line', () => {
  expect(JSON.parse(jsonOf([facts()]))).toEqual([{
    name: 'Quay', state: 'online', power_w: 1500, devices: 4, devices_silent: 1, last_seen_at: '2026-11-21T09:59:59.000Z', backlog_chunks: 2, version: '0.1.0',
    is_clock_set: true, certificate_expires_at: '2027-01-20T10:00:00.000Z', audit_verified_to: 812, audit_contradiction: 'shorter', id: 'g',
  }]);
  expect(shown('is_clock_set')).toBe('Set');
  expect(shown('audit_contradiction')).toBe('Record 812 is proven here, but the gateway’s trail now ends with record 700.');
});

it('says nothing of now where the gateway is away, nor of a trail that never came', () => {
  expect(JSON.parse(jsonOf([facts({ online: false, audit: null })]))).toMatchObject([{ state: 'offline', power_w: null, devices: null, is_clock_set: null, audit_verified_to: null, audit_contradiction: null }]);
  expect(shown('is_clock_set', { online: false })).toBe('');
});

it('gives each ring of the data path, with its reason in words', () => {
  const table = chainTable(chainOf(sound, now, null));
  expect(JSON.parse(jsonOf([table]))).toEqual([
    { place: 'devices', state: 'weak', reason: 'some_silent' },
    { place: 'lan', state: 'holds', reason: 'lan_carries' },
    { place: 'edge', state: 'holds', reason: 'clock_set' },
    { place: 'wan', state: 'holds', reason: 'link_online' },
    { place: 'hub', state: 'holds', reason: 'history_sending' },
  ]);
  expect(table.rows[0]?.map((cell) => cell.shown)).toEqual(['Devices', 'weak', '1 of 4 devices does not answer.']);
});
