/** Conditions that last until somebody acts: they stand above everything else, with what to do. */
import type { Notice } from '../../api/types.js';

/** Where to act, if the web view has the place. */
const PLACES = {
  disk_full: '/history',
  history_damaged: '/history',
  history_failing: '/diagnostics',
  samples_dropped: '/history',
  password_overdue: '/security/accounts',
  password_given: '/security/accounts',
  clock_not_set: null,
} as const satisfies Record<string, string | null>;
export type AlarmCode = keyof typeof PLACES;

const isAlarm = (code: string): code is AlarmCode => Object.hasOwn(PLACES, code);
export interface Alarm {
  notice: Notice;
  code: AlarmCode;
  href: string | null;
}

/** The alarms, and what remains. */
export function split(notices: readonly Notice[]): { alarms: Alarm[]; others: Notice[] } {
  return {
    alarms: notices.flatMap((notice) => (isAlarm(notice.code) ? [{ notice, code: notice.code, href: PLACES[notice.code] }] : [])),
    others: notices.filter((notice) => !isAlarm(notice.code)),
  };
}
