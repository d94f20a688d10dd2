import { describe, expect, it } from 'vitest';
import type { Gateway } from '../api/types';
import { BEHIND_AFTER_MS, CERTIFICATE_SOON_MS, chainOf, weakest } from './chain';

const now = Date.parse('2026-11-21T10:00:00.000Z');
const at = (ms: number) => new Date(now + ms).toISOString();

const sound: Gateway = {
  id: 'g',
  name: 'Quay',
  site_id: 's',
  site_name: 'Terminal',
  organisation_id: 'o',
  organisation_name: 'Port',
  state: 'enrolled',
  online: true,
  last_seen_at: at(-1000),
  version: '0.1.0',
  backlog_chunks: 0,
  devices: { online: 3, degraded: 0, offline: 0, never_seen: 0 },
  power_w: 1,
  certificate_expires_at: at(60 * 86_400_000),
  audit: null,
  clock_set: true,
};
const long = now - BEHIND_AFTER_MS - 1;
const states = (change: Partial<Gateway>) => chainOf({ ...sound, ...change }, now, long).map(({ state }) => state);
const worst = (change: Partial<Gateway>) => weakest(chainOf({ ...sound, ...change }, now, long));

describe('the chain of a data path', () => {
  it('holds when every fact is good', () => {
    expect(states({})).toEqual(['holds', 'holds', 'holds', 'holds', 'holds']);
  });

  it('knows nothing of what lies behind a lost link', () => {
    expect(states({ online: false })).toEqual(['unknown', 'unknown', 'unknown', 'fails', 'unknown']);
  });

  it('knows nothing of a gateway that has not enrolled', () => {
    expect(states({ state: 'waiting', online: false, devices: null })).toEqual(Array(5).fill('unknown'));
  });

  it('fails where a gateway was revoked', () => {
    expect(worst({ state: 'revoked', online: false })).toMatchObject({ place: 'wan', why: { code: 'revoked' } });
  });

  it('is weak at the devices when some are silent, and fails when all are', () => {
    expect(worst({ devices: { online: 2, degraded: 0, offline: 1, never_seen: 0 } })).toEqual({
      place: 'devices',
      state: 'weak',
      why: { code: 'some_silent', silent: 1, total: 3 },
    });
    expect(states({ devices: { online: 0, degraded: 0, offline: 2, never_seen: 1 } }).slice(0, 2)).toEqual(['fails', 'fails']);
  });

  it('is weak at the edge when the clock is not set', () => {
    expect(worst({ clock_set: false })).toMatchObject({ place: 'edge', state: 'weak' });
  });

  it('warns before a certificate expires and fails after', () => {
    expect(worst({ certificate_expires_at: at(CERTIFICATE_SOON_MS - 1) })).toMatchObject({ place: 'wan', state: 'weak' });
    expect(states({ certificate_expires_at: at(CERTIFICATE_SOON_MS) })[3]).toBe('holds');
    expect(worst({ certificate_expires_at: at(0) })).toMatchObject({ place: 'wan', state: 'fails' });
  });

  it('is weak at the hub while history waits on the gateway', () => {
    expect(worst({ backlog_chunks: 2 })).toEqual({ place: 'hub', state: 'weak', why: { code: 'history_behind', chunks: 2 } });
  });

  it('takes a short backlog for chunks on their way, but not that of a silent gateway', () => {
    const hub = (change: Partial<Gateway>, since: number | null) => chainOf({ ...sound, backlog_chunks: 2, ...change }, now, since)[4];
    expect(hub({}, now - 1000)).toMatchObject({ state: 'holds', why: { code: 'history_sending', chunks: 2 } });
    expect(hub({}, null)).toMatchObject({ state: 'holds' });
    expect(hub({ online: false }, null)).toMatchObject({ state: 'weak' });
  });

  it('names the first of equally weak rings', () => {
    expect(worst({ clock_set: false, backlog_chunks: 1 })).toMatchObject({ place: 'edge' });
  });
});
