/**
 * What somebody has changed on the page of the Modbus TCP server, over what the gateway has. Only what was touched is kept: a meter that is added
 * meanwhile keeps the number that it was given.
 */
import type { ModbusServer, ModbusServerSettings, ModbusUnitView } from '../../api/types.js';

export const FIRST_UNIT = 1;
export const LAST_UNIT = 247;

type View = Pick<ModbusServer, 'settings' | 'units'>;

export interface Edits {
  enabled?: boolean;
  route?: boolean;
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
  route: edits.route ?? view.settings.route,
  units: rowsOf(view.units, edits)
    .filter((row) => !row.freed)
    .map((row) => ({ unit: row.typed ?? 0, device_id: row.device_id })),
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
export type Standing = ModbusServer['state'] | 'starting' | 'stopping';

export function standingOf({ settings, state }: Pick<ModbusServer, 'settings' | 'state'>): Standing {
  if (settings.enabled && state === 'off') return 'starting';
  if (!settings.enabled && state !== 'off') return 'stopping';
  return state;
}

/** An address that stands for all of the machine. */
export const isEverywhere = (address: string): boolean => address.startsWith('0.0.0.0:') || address.startsWith('[::]:');

/** Counts by code, the lowest code first. */
export const byCode = (counts: Readonly<Record<string, number>>): { code: number; count: number }[] =>
  Object.entries(counts)
    .map(([code, count]) => ({ code: Number(code), count }))
    .sort((a, b) => a.code - b.code);
