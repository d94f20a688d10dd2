/** Codes of the MQTT client as words. */
import type { RingState } from '@haubert/ui';
import type { Mqtt } from '../../../api/types.js';
import { t } from '../../../i18n/index.js';

export const STANDING_RING: Record<Mqtt['state'], RingState> = { off: 'declared', forbidden: 'weak', closed: 'fails', connecting: 'weak', connected: 'holds', waiting: 'weak' };

/** Why something failed, in the reader's words; what the system said where there are none. */
export const because = (code: string, detail: string): string => t.dynamic(`mqtt.error.${code}`, {}, t.dynamic(`peer.${code}`, {}, detail));
