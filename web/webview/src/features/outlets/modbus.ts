/**
 * What somebody has changed on the page of the Modbus TCP server, over what the gateway has. Only what was touched is kept: a meter that is added
 * meanwhile keeps the number that it was given.
 */
import type { ModbusListener, ModbusServer, ModbusServerSettings, ModbusUnitView, ModbusWriteRule } from '../../api/types.js';

export const FIRST_UNIT = 1;
export const LAST_UNIT = 247;

type View = Pick<ModbusServer, 'settings' | 'units'>;

export interface Edits {
  enabled?: boolean;
  secured?: boolean;
  route?: boolean;
  /** All rules, once one was touched. */
  writes?: ModbusWriteRule[];
  /** Numbers as typed, by device. */
  units: Record<string, number | null>;
  /** Devices that are gone, and whose numbers are given back. */
  freed: Record<string, boolean>;
}
export const noEdits = (): Edits => ({ units: {}, freed: {} });

export interface Row extends ModbusUnitView {
  typed: number | null;
  gone: boolean;
  freed: boolean;
}

export const rowsOf = (units: readonly ModbusUnitView[], edits: Edits): Row[] =>
  units.map((unit) => {
    const typed = edits.units[unit.device_id];
    const gone = unit.device === null;
    return { ...unit, typed: typed === undefined ? unit.unit : typed, gone, freed: gone && edits.freed[unit.device_id] === true };
  });

/** What is wrong with a number: no unit id, or somebody else's too. */
export type Fault = { kind: 'range' } | { kind: 'twice'; others: Row[] };

/** Faults by device. Rows whose number is given back are in nobody's way. */
export function faultsOf(rows: readonly Row[]): Record<string, Fault> {
  const kept = rows.filter((row) => !row.freed);
  const faults: Record<string, Fault> = {};
  for (const row of kept) {
    if (row.typed === null || !Number.isInteger(row.typed) || row.typed < FIRST_UNIT || row.typed > LAST_UNIT) {
      faults[row.device_id] = { kind: 'range' };
      continue;
    }
    const others = kept.filter((other) => other.typed === row.typed && other.device_id !== row.device_id);
    if (others.length) faults[row.device_id] = { kind: 'twice', others };
  }
  return faults;
}

/** What is sent; makes sense only without faults. */
export const settingsOf = (view: View, edits: Edits): ModbusServerSettings => ({
  enabled: edits.enabled ?? view.settings.enabled,
  secured: edits.secured ?? view.settings.secured,
  route: edits.route ?? view.settings.route,
  units: rowsOf(view.units, edits)
    .filter((row) => !row.freed)
    .map((row) => ({ unit: row.typed ?? 0, device_id: row.device_id })),
  writes: edits.writes ?? view.settings.writes,
});

export const differs = (view: View, edits: Edits): boolean => JSON.stringify(settingsOf(view, edits)) !== JSON.stringify(settingsOf(view, noEdits()));

/** The gateway's words on `units.3.unit`, by the device that stood there in what was sent. */
export function unitErrors(errors: Readonly<Record<string, string>>, sent: ModbusServerSettings): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [field, text] of Object.entries(errors)) {
    const at = /^units\.(\d+)\./.exec(field)?.[1];
    const device = at === undefined ? undefined : sent.units[Number(at)]?.device_id;
    if (device) found[device] = text;
  }
  return found;
}

/** A change takes the server a moment: until then it stands as before. */
export type Standing = ModbusListener['state'] | 'starting' | 'stopping';

export function standingOf(enabled: boolean, state: ModbusListener['state']): Standing {
  if (enabled && state === 'off') return 'starting';
  if (!enabled && state !== 'off') return 'stopping';
  return state;
}

/** Functions that write, as the gateway passes them on. */
export const WRITE_FUNCTIONS = [5, 6, 15, 16, 22, 23] as const;

/** A register as typed, in decimal or as 0x…; null when it is none. */
export function registerOf(text: string): number | null {
  const typed = text.trim();
  const value = /^\d+$/.test(typed) ? Number(typed) : /^0x[0-9a-f]+$/i.test(typed) ? Number.parseInt(typed.slice(2), 16) : null;
  return value !== null && value <= 0xffff ? value : null;
}

export const newRule = (device: string): ModbusWriteRule => ({ source: '', role: null, device_id: device, functions: [6, 16], first: 0, last: 0 });

/** The gateway's words on `writes.2.role`, by field of that rule; what it says of the device or the whole list stands under `device_id`. */
export function ruleErrors(errors: Readonly<Record<string, string>>): { at: number; errors: Record<string, string> } | null {
  for (const field of Object.keys(errors)) {
    const at = /^writes\.(\d+)/.exec(field)?.[1];
    if (at === undefined) continue;
    const own = Object.entries(errors).filter(([other]) => other.startsWith(`writes.${at}`));
    return { at: Number(at), errors: Object.fromEntries(own.map(([other, text]) => [other.split('.')[2] ?? 'device_id', text])) };
  }
  return null;
}

/** An address that stands for all of the machine. */
export const isEverywhere = (address: string): boolean => address.startsWith('0.0.0.0:') || address.startsWith('[::]:');

/** Counts by code, the lowest code first. */
export const byCode = (counts: Readonly<Record<string, number>>): { code: number; count: number }[] =>
  Object.entries(counts)
    .map(([code, count]) => ({ code: Number(code), count }))
    .sort((a, b) => a.code - b.code);
