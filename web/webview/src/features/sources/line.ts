/** The form of a line: texts as typed, turned into the API's shape, with what is wrong beside each field. */
import type { Line, Parity } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export interface LineDraft {
  kind: Line['kind'];
  host: string;
  port: number | null;
  path: string;
  baud: string;
  parity: Parity;
  stop_bits: string;
}
export type Errors = Record<string, string>;
export const BAUDS = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] as const;

export function draftOf(line?: Line): LineDraft {
  const blank: LineDraft = { kind: 'tcp', host: '', port: 502, path: '', baud: '9600', parity: 'none', stop_bits: '1' };
  if (!line) return blank;
  if (line.kind === 'serial') return { ...blank, kind: 'serial', path: line.path, baud: String(line.baud), parity: line.parity, stop_bits: String(line.stop_bits) };
  return { ...blank, kind: line.kind, host: line.host, port: line.port };
}

export function lineOf(draft: LineDraft): Line {
  if (draft.kind === 'serial') return { kind: 'serial', path: draft.path.trim(), baud: Number(draft.baud), parity: draft.parity, stop_bits: draft.stop_bits === '2' ? 2 : 1 };
  return { kind: draft.kind, host: draft.host.trim(), port: draft.port ?? 0 };
}

/** Within [low, high], or what to say. */
export function numberError(value: number | null, low: number, high: number): string | undefined {
  if (value === null || !Number.isInteger(value)) return t('common.not_a_number');
  return value < low || value > high ? t('common.between', { low, high }) : undefined;
}

export function lineErrors(draft: LineDraft): Errors {
  const errors: Errors = {};
  if (draft.kind === 'serial') {
    if (!draft.path.trim()) errors['line.path'] = t('common.required');
    return errors;
  }
  if (!draft.host.trim()) errors['line.host'] = t('common.required');
  const port = numberError(draft.port, 1, 65_535);
  if (port) errors['line.port'] = port;
  return errors;
}
