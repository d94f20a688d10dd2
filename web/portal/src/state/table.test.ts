import { describe, expect, it } from 'vitest';
import type { Gateway } from '../api/types';
import { countsOf, devicesNow, matching, powerNow, rowOf, urgency } from './table';

const now = Date.parse('2026-11-21T10:00:00.000Z');
const gateway = (id: string, change: Partial<Gateway> = {}): Gateway => ({
  id,
  name: id,
  site_id: 's',
  site_name: 'Terminal',
  organisation_id: 'o',
  organisation_name: 'Port',
  state: 'enrolled',
  online: true,
  last_seen_at: '2026-11-21T09:59:59.000Z',
  version: '0.1.0',
  backlog_chunks: 0,
  devices: { online: 3, degraded: 0, offline: 0, never_seen: 0 },
  power_w: 100,
  certificate_expires_at: '2027-06-01T00:00:00.000Z',
  audit: null,
  clock_set: true,
  ...change,
});
const rows = [
  gateway('sound'),
  gateway('clock', { clock_set: false }),
  gateway('lost', { online: false }),
  gateway('new', { state: 'waiting', online: false, devices: null, organisation_id: 'p' }),
  gateway('out', { state: 'revoked', online: false }),
].map((one) => rowOf(one, now, null));
const ids = (found: typeof rows) => found.map((row) => row.gateway.id);

describe('the fleet', () => {
  it('counts each gateway under its states', () => {
    expect(countsOf(rows)).toEqual({ all: 5, online: 2, attention: 1, offline: 1, waiting: 1, revoked: 1 });
  });

  it('filters by state and organisation', () => {
    expect(ids(matching(rows, 'attention', ''))).toEqual(['clock']);
    expect(ids(matching(rows, 'all', 'p'))).toEqual(['new']);
    expect(ids(matching(rows, 'online', 'p'))).toEqual([]);
  });

  it('sorts what needs somebody first and what was put away last', () => {
    expect(ids([...rows].sort((a, b) => urgency(a) - urgency(b)))).toEqual(['lost', 'clock', 'new', 'sound', 'out']);
  });

  it('does not pass on as present what a silent gateway said', () => {
    expect(devicesNow(gateway('lost', { online: false }))).toBeNull();
    expect(powerNow(gateway('lost', { online: false }))).toBeNull();
    expect(powerNow(gateway('sound'))).toBe(100);
  });
});
