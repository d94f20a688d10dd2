import { describe, expect, it } from 'vitest';
import type { DataPath, Place } from '../api/standing-types';
import { arcs, changed, changedEntry, isRow, linked, moved, viewOf, weakestOf, withEntry, withPlace, withoutEntry, withoutPlace } from './path';
import { Undo } from './undo.svelte';

const sensitivity = { confidentiality: 1, integrity: 4, availability: 2, traceability: 0 };
const place = (id: string, next: string[]): Place => ({ id, name: id, kind: 'device', sensitivity, entries: [], next });
const row: DataPath = { places: [place('a', ['b']), place('b', ['c']), place('c', [])] };
const order = (path: DataPath) => path.places.map(({ id, next }) => `${id}>${next.join('+')}`).join(' ');

describe('places', () => {
  it('come in between, and leave without breaking the chain', () => {
    const more = withPlace(row, 'LAN', 'network', 'a');
    expect(order(more)).toBe('a>network-1 network-1>b b>c c>');
    expect(more.places[1]?.sensitivity).toEqual(sensitivity);
    expect(order(withoutPlace(more, 'network-1'))).toBe(order(row));
    expect(order(withPlace(row, 'Meter', 'device', null))).toBe('device-1>a a>b b>c c>');
    expect(order(withPlace({ places: [] }, 'Meter', 'device', null))).toBe('device-1>');
  });
  it('keep a row a row when they are moved, and other links as they are', () => {
    expect(order(moved(row, 'a', 1))).toBe('b>a a>c c>');
    const star = linked(row, 'a', 'c');
    expect(isRow(star)).toBe(false);
    expect(order(moved(star, 'b', -1))).toBe('b>c a>b+c c>');
    expect(moved(row, 'a', -1)).toBe(row);
  });
  it('are linked and unlinked', () => {
    expect(arcs(row)).toEqual([]);
    expect(arcs(linked(row, 'a', 'c'))).toEqual([{ from: 0, to: 2 }]);
    expect(order(linked(linked(row, 'a', 'c'), 'a', 'c'))).toBe(order(row));
  });
  it('leave the picture before as it was', () => {
    const before = JSON.stringify(row);
    withoutEntry(changedEntry(withEntry(changed(moved(row, 'a', 1), 'a', { name: 'x' }), 'a', 'USB').path, 'a', 'entry-1', { exposure: 4 }), 'a', 'entry-1');
    expect(JSON.stringify(row)).toBe(before);
  });
});

describe('ways in', () => {
  const { path, entry } = withEntry(row, 'b', 'Radio');
  it('are added, changed and removed', () => {
    expect(entry).toBe('entry-1');
    expect(withEntry(path, 'b', 'USB').entry).toBe('entry-2');
    expect(changedEntry(path, 'b', entry, { way: 'wireless' }).places[1]?.entries[0]).toMatchObject({ name: 'Radio', way: 'wireless' });
    expect(withoutEntry(path, 'b', entry).places[1]?.entries).toEqual([]);
  });
  it('say why the weakest ring is weak', () => {
    const view = { weakest: 'b', places: [{ place: 'b', ring: 'weak' as const, missing: 6, entries: [{ entry, need: 12, missing: 6, ring: 'weak' as const }] }] };
    expect(weakestOf(path, view)).toMatchObject({ place: { id: 'b' }, entry: { name: 'Radio' }, need: 12, missing: 6 });
    expect(weakestOf(path, { ...view, weakest: null })).toBeNull();
  });
  it('know no state of what has changed since it was saved', () => {
    const views = [{ place: 'b', ring: 'holds' as const, missing: 0, entries: [] }];
    const [, b] = path.places;
    if (!b) throw new Error('three places');
    expect(viewOf(b, path, views)?.ring).toBe('holds');
    expect(viewOf({ ...b, name: 'renamed' }, path, views)?.ring).toBe('holds');
    expect(viewOf({ ...b, sensitivity: { ...sensitivity, integrity: 1 } }, path, views)).toBeNull();
  });
});

describe('undo', () => {
  it('goes back and forth, and forgets what was undone once something else is done', () => {
    const steps = new Undo('a');
    steps.set('b');
    steps.set('c');
    steps.undo();
    expect(steps.now).toBe('b');
    steps.redo();
    expect(steps.now).toBe('c');
    steps.undo();
    steps.set('d');
    expect(steps.canRedo).toBe(false);
    steps.undo();
    steps.undo();
    expect([steps.now, steps.canUndo]).toEqual(['a', false]);
  });
  it('takes typing for one step', () => {
    const steps = new Undo('');
    for (const text of ['n', 'na', 'nam']) steps.set(text, 'name');
    steps.undo();
    expect(steps.now).toBe('');
  });
});
