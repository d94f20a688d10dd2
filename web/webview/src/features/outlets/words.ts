/** Codes of Modbus as words. */
import type { RingState } from '@haubert/ui';
import type { ModbusServerStep } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import type { Row, Standing } from './modbus.js';

export const STANDING_RING: Record<Standing, RingState> = { off: 'declared', forbidden: 'weak', closed: 'fails', open: 'holds', nobody: 'weak', failed: 'fails', starting: 'weak', stopping: 'weak' };

/** The exceptions that the gateway itself gives, as docs/modbus-map.md has them. */
export const EXCEPTIONS = [1, 2, 3, 4, 6, 10, 11] as const;

export const hex = (value: number, digits: number): string => `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;
export const functionName = (code: number): string => t.dynamic(`modbus.function.${code}`, {}, t('modbus.function.other'));
export const exceptionName = (code: number): string => t.dynamic(`modbus.exception.${code}`, {}, t('modbus.exception.other'));
/** As data sheets write it: 10 (0x0A). */
export const exceptionCode = (code: number): string => (code > 9 ? `${code} (${hex(code, 2)})` : String(code));

export const unitName = ({ device }: Pick<Row, 'device'>): string => device ?? t('modbus.gone_name');
export const unitState = ({ gone, state }: Pick<Row, 'gone' | 'state'>): string => (gone ? t('modbus.gone') : state === null ? t('modbus.bus_off') : t.dynamic(`device.${state}`));

/** What was tried. `name` is the meter's, where it has one. */
export function stepText({ step, unit, register }: ModbusServerStep, name: string | null): string {
  if (step === 'connect') return t('modbus.step.connect');
  if (step === 'tls') return t('modbus.step.tls');
  if (step === 'identify') return t('modbus.step.identify', { unit: String(unit ?? 255) });
  const place = { unit: String(unit ?? ''), register: hex(register ?? 0, 4) };
  return name === null ? t('modbus.step.read', place) : t('modbus.step.read_of', { ...place, name });
}

/** What came of it: an answer as it came, a refusal in the reader's words, else the reason that the system gave. */
export function outcomeText({ ok, detail }: Pick<ModbusServerStep, 'ok' | 'detail'>): string {
  if (ok) return detail;
  const code = /^[a-z ]+\((\d+)\)$/.exec(detail)?.[1];
  if (code !== undefined) return t('modbus.refused', { code: exceptionCode(Number(code)), meaning: exceptionName(Number(code)) });
  return detail === 'no answer in time' ? t('modbus.no_answer') : detail;
}
