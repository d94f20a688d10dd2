/** Words that outlets share. */
import type { RingState } from '@haubert/ui';
import { t } from '../../i18n/index.js';

/** Which one: the beginning of its words. */
export type Area = 'lorawan' | 'mqtt' | 'mail' | 'files' | 'push' | 'bacnet';

/** How it stands, as a ring of the mail. */
export const STANDING_RING: Record<string, RingState> = {
  off: 'declared', forbidden: 'weak', closed: 'fails', connecting: 'weak', connected: 'holds', idle: 'holds', open: 'holds', failed: 'fails', sending: 'holds', waiting: 'weak',
};

/** Why something failed, in the reader's words; what the system said where there are none. */
export const because = (area: Area, code: string, detail: string): string =>
  t.dynamic(`${area}.error.${code}`, { said: detail }, t.dynamic(`outlet.error.${code}`, {}, t.dynamic(`problem.${code}`, {}, detail)));

export const stepName = (area: Area, step: string): string => t.dynamic(`${area}.step.${step}`, {}, t.dynamic(`outlet.step.${step}`, {}, step));
