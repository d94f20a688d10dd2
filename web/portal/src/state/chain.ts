// The chain of a gateway's data path, device → LAN → edge → WAN → hub, from facts that the hub holds and from nothing
// else: what a gateway said while it was connected says nothing about now, so a lost link leaves the rings behind it
// unknown rather than green.
import type { RingState } from '@haubert/ui';
import type { Gateway } from '../api/types';

export type Place = 'devices' | 'lan' | 'edge' | 'wan' | 'hub';

/** Why a ring is as it is; each has a sentence in the catalogues. */
export type Why =
  | { code: 'not_enrolled' | 'revoked' | 'silent' | 'no_devices' | 'not_reported' }
  | { code: 'all_answer'; count: number }
  | { code: 'some_silent'; silent: number; total: number }
  | { code: 'some_degraded'; degraded: number; total: number }
  | { code: 'none_answer'; total: number }
  | { code: 'lan_carries' | 'lan_silent' }
  | { code: 'clock_set' | 'clock_not_set' }
  | { code: 'link_online' }
  | { code: 'link_lost'; since: string | null }
  | { code: 'certificate_soon' | 'certificate_expired'; at: string }
  | { code: 'history_whole' }
  | { code: 'history_sending' | 'history_behind'; chunks: number };

export interface ChainRing {
  place: Place;
  state: RingState;
  why: Why;
}

/** A backlog that lasts longer than this while the link is up is more than chunks on their way. */
export const BEHIND_AFTER_MS = 60_000;

/** A renewal is due long before this; less than this left means that renewals fail. */
export const CERTIFICATE_SOON_MS = 14 * 86_400_000;

const ring = (place: Place, state: RingState, why: Why): ChainRing => ({ place, state, why });

/** `behindSince`: since when the gateway has had a backlog without a break, as far as is known. */
export function chainOf(gateway: Gateway, now: number, behindSince: number | null): ChainRing[] {
  if (gateway.state === 'waiting') {
    const places: Place[] = ['devices', 'lan', 'edge', 'wan', 'hub'];
    return places.map((place) => ring(place, 'unknown', { code: 'not_enrolled' }));
  }
  const reports = gateway.state === 'enrolled' && gateway.online;
  return [
    reports ? devices(gateway) : ring('devices', 'unknown', { code: 'silent' }),
    reports ? lan(gateway) : ring('lan', 'unknown', { code: 'silent' }),
    reports ? edge(gateway) : ring('edge', 'unknown', { code: 'silent' }),
    wan(gateway, now),
    hub(gateway, now, behindSince),
  ];
}

function devices({ devices: counts }: Gateway): ChainRing {
  if (!counts) return ring('devices', 'unknown', { code: 'not_reported' });
  const total = counts.online + counts.degraded + counts.offline + counts.never_seen;
  const silent = counts.offline + counts.never_seen;
  if (total === 0) return ring('devices', 'unknown', { code: 'no_devices' });
  if (silent === total) return ring('devices', 'fails', { code: 'none_answer', total });
  if (silent > 0) return ring('devices', 'weak', { code: 'some_silent', silent, total });
  if (counts.degraded > 0) return ring('devices', 'weak', { code: 'some_degraded', degraded: counts.degraded, total });
  return ring('devices', 'holds', { code: 'all_answer', count: total });
}

function lan({ devices: counts }: Gateway): ChainRing {
  if (!counts) return ring('lan', 'unknown', { code: 'not_reported' });
  if (counts.online + counts.degraded > 0) return ring('lan', 'holds', { code: 'lan_carries' });
  if (counts.offline + counts.never_seen > 0) return ring('lan', 'fails', { code: 'lan_silent' });
  return ring('lan', 'unknown', { code: 'no_devices' });
}

function edge({ clock_set }: Gateway): ChainRing {
  if (clock_set === null) return ring('edge', 'unknown', { code: 'not_reported' });
  return clock_set ? ring('edge', 'holds', { code: 'clock_set' }) : ring('edge', 'weak', { code: 'clock_not_set' });
}

function wan(gateway: Gateway, now: number): ChainRing {
  if (gateway.state === 'revoked') return ring('wan', 'fails', { code: 'revoked' });
  const expires = gateway.certificate_expires_at;
  const left = expires === null ? null : Date.parse(expires) - now;
  if (expires !== null && left !== null && left <= 0) return ring('wan', 'fails', { code: 'certificate_expired', at: expires });
  if (!gateway.online) return ring('wan', 'fails', { code: 'link_lost', since: gateway.last_seen_at });
  if (expires !== null && left !== null && left < CERTIFICATE_SOON_MS) {
    return ring('wan', 'weak', { code: 'certificate_soon', at: expires });
  }
  return ring('wan', 'holds', { code: 'link_online' });
}

function hub({ backlog_chunks: chunks, state, online }: Gateway, now: number, behindSince: number | null): ChainRing {
  const reports = state === 'enrolled' && online;
  if (chunks !== null && chunks > 0) {
    const lasting = !reports || (behindSince !== null && now - behindSince > BEHIND_AFTER_MS);
    return lasting ? ring('hub', 'weak', { code: 'history_behind', chunks }) : ring('hub', 'holds', { code: 'history_sending', chunks });
  }
  if (!reports) return ring('hub', 'unknown', { code: 'silent' });
  if (chunks === null) return ring('hub', 'unknown', { code: 'not_reported' });
  return ring('hub', 'holds', { code: 'history_whole' });
}

export const severity: Record<RingState, number> = { fails: 4, weak: 3, unknown: 2, declared: 1, holds: 0 };

/** The ring that gives way first: what the eye should land on. */
export function weakest(chain: ChainRing[]): ChainRing | undefined {
  return [...chain].sort((a, b) => severity[b.state] - severity[a.state])[0];
}
