import { describe, expect, it } from 'vitest';
import type { ModbusServer, ModbusUnitView } from '../../api/types.js';
import { byCode, differs, faultsOf, isEverywhere, noEdits, registerOf, rowsOf, ruleErrors, settingsOf, standingOf, unitErrors } from './modbus.js';

const unit = (number: number, id: string, device: string | null = id): ModbusUnitView => ({ unit: number, device_id: id, device, bus: device && 'Bus', own_unit: device ? number : null, state: device ? 'online' : null, last_ok_at: null });
const view = (...units: ModbusUnitView[]): Pick<ModbusServer, 'settings' | 'units'> => ({ settings: { enabled: false, secured: false, route: false, units: units.map(({ unit, device_id }) => ({ unit, device_id })), writes: [] }, units });

describe('numbers of units', () => {
  const three = view(unit(1, 'a'), unit(2, 'b'), unit(3, 'c', null));
  const faults = (units: Record<string, number | null>, freed: Record<string, boolean> = {}) => faultsOf(rowsOf(three.units, { units, freed }));

  it('are without fault as given, and when two change places', () => {
    expect(faults({})).toEqual({});
    expect(faults({ a: 2, b: 1 })).toEqual({});
  });
  it('tell both of two that collide, each with the other', () => {
    const found = faults({ a: 2 });
    expect(Object.keys(found)).toEqual(['a', 'b']);
    expect(found['a']).toMatchObject({ kind: 'twice', others: [{ device_id: 'b' }] });
    expect(found['b']).toMatchObject({ kind: 'twice', others: [{ device_id: 'a' }] });
  });
  it.each([null, 0, 248, -1, 1.5])('are from 1 to 247: not %s', (typed) => expect(faults({ a: typed })).toEqual({ a: { kind: 'range' } }));
  it('may be taken over from a meter that is gone once it is freed', () => {
    expect(Object.keys(faults({ a: 3 }))).toEqual(['a', 'c']);
    expect(faults({ a: 3 }, { c: true })).toEqual({});
  });
  it('are never taken from a meter that is there', () => expect(settingsOf(three, { units: {}, freed: { a: true } }).units).toHaveLength(3));
});

describe('what is sent', () => {
  const two = view(unit(1, 'a'), unit(2, 'b', null));
  it('is what the gateway has where nothing was touched', () => {
    expect(settingsOf(two, noEdits())).toEqual(two.settings);
    expect(differs(two, { ...noEdits(), units: { a: 1 }, enabled: false })).toBe(false);
  });
  it('keeps the number of a meter that came meanwhile', () => {
    const later = view(...two.units, unit(9, 'd'));
    expect(settingsOf(later, { enabled: true, units: { a: 5 }, freed: { b: true } })).toEqual({ enabled: true, secured: false, route: false, units: [{ unit: 5, device_id: 'a' }, { unit: 9, device_id: 'd' }], writes: [] });
  });
  it('finds the rows of what the gateway refuses', () => {
    const sent = settingsOf(two, { units: {}, freed: { a: false } });
    expect(unitErrors({ 'units.1.unit': 'twice', 'units.0.device_id': 'gone', 'units.7.unit': 'beyond', enabled: 'no' }, sent)).toEqual({ a: 'gone', b: 'twice' });
  });
});

describe('how the server stands', () => {
  it('takes a moment to follow its settings', () => {
    expect([standingOf(true, 'off'), standingOf(false, 'open'), standingOf(true, 'open'), standingOf(false, 'off'), standingOf(true, 'forbidden')]).toEqual(['starting', 'stopping', 'open', 'off', 'forbidden']);
  });
  it('says when it listens everywhere', () => {
    expect(['0.0.0.0:502', '[::]:502', '127.0.0.1:502', '10.0.0.0:502'].map(isEverywhere)).toEqual([true, true, false, false]);
  });
});

it('registers are typed in decimal or hexadecimal', () => {
  expect(['0', ' 65535 ', '0xC558', '65536', '0x', '-1', '1.5', ''].map(registerOf)).toEqual([0, 65_535, 0xc558, null, null, null, null, null]);
});

it('words on a rule are those of the first rule at fault, by its fields', () => {
  expect(ruleErrors({ 'units.0.unit': 'twice' })).toBeNull();
  expect(ruleErrors({ 'writes.2.role': 'odd', 'writes.2.last': 'below', 'writes.3.source': 'twice' })).toEqual({ at: 2, errors: { role: 'odd', last: 'below' } });
});

it('counts stand by code as numbers', () => expect(byCode({ 43: 1, 3: 9, 10: 2 }).map(({ code }) => code)).toEqual([3, 10, 43]));
