/** Codes of the SNMP agent as words. */
import type { RingState } from '@haubert/ui';
import type { Snmp, SnmpStep } from '../../../api/types.js';
import { t } from '../../../i18n/index.js';

export const STANDING_RING: Record<Snmp['state'], RingState> = { off: 'declared', forbidden: 'weak', closed: 'fails', open: 'holds', failed: 'fails' };

/** Why something failed, in the reader's words; what the system said where there are none. */
export const because = (code: string, detail: string): string => t.dynamic(`snmp.error.${code}`, {}, detail);

/** What is wrong with a password or the community, beside its field. */
export const fault = (code: string): string => t.dynamic(`snmp.fault.${code}`, {}, t('snmp.fault.too_weak'));

/** What came of a step that went well. */
export function outcome({ step, detail }: SnmpStep): string {
  if (step === 'unprotected' || step === 'write') return t('snmp.was_refused');
  if (step === 'inform') return t('snmp.acknowledged');
  if (step === 'trap') return t('snmp.was_sent');
  return detail || t('snmp.nothing_read');
}
