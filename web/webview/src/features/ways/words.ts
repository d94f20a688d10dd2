/** Words and rings of the time's check and of links. */
import { type RingState, UNIT_SPACE, formatDuration, formatNumber } from '@haubert/ui';
import type { Link, TimeCheck } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export const TRUST_RING: Record<TimeCheck['state'], RingState> = {
  off: 'declared', checking: 'unknown', trusted: 'holds', off_by: 'fails', unreachable: 'weak', disputed: 'fails',
};
export const LINK_RING: Record<Link['state'], RingState> = { up: 'holds', down: 'fails', unknown: 'unknown' };

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** An offset with its sign: milliseconds below a second, then what reads best. */
export function formatOffset(ms: number | null): string {
  if (ms === null) return '–';
  const sign = ms > 0 ? '+' : ms < 0 ? '\u2212' : '';
  const size = Math.abs(ms);
  if (size >= MINUTE_MS) return sign + formatDuration(size);
  return size < SECOND_MS ? `${sign}${formatNumber(size, 0)}${UNIT_SPACE}ms` : `${sign}${formatNumber(size / SECOND_MS, 1)}${UNIT_SPACE}s`;
}

export const formatMs = (ms: number | null): string => (ms === null ? '–' : `${formatNumber(ms, 0)}${UNIT_SPACE}ms`);

/** Why a server told no time, in the reader's words; what the system said where there are none. */
export const serverFault = (code: string, detail: string): string => t.dynamic(`time.fault.${code}`, {}, detail);

export const linkReason = (reason: string): string => t.dynamic(`links.reason.${reason}`, {}, reason);
