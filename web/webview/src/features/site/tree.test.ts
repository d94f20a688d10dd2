import { describe, expect, it } from 'vitest';
import type { Load, Zone } from '../../api/types.js';
import { buildTree, powerOf, withInner, zoneOptions } from './tree.js';

const zone = (id: string, parent_id: string | null = null): Zone => ({ id, name: id.toUpperCase(), parent_id });
const load = (id: string, zone_id: string | null, power_w: number | null, more: Partial<Load> = {}): Load => ({ id, device_id: 'd', device_name: 'd', channel: 1, name: id, fluid: 'electricity', usage: 'other', zone_id, enabled: true, power_w, state: 'online', ...more });

describe('buildTree', () => {
  it('nests zones and places loads', () => {
    const tree = buildTree([zone('a'), zone('b', 'a')], [load('1', 'b', 5), load('2', null, 1)]);
    expect(tree.branches.map((branch) => branch.zone.id)).toEqual(['a']);
    expect(tree.branches[0]?.branches[0]?.loads.map((one) => one.id)).toEqual(['1']);
    expect(tree.loose.map((one) => one.id)).toEqual(['2']);
  });
  it('loses nothing when a parent is missing or zones go in circles', () => {
    const tree = buildTree([zone('a', 'gone'), zone('b', 'c'), zone('c', 'b'), zone('d', 'd')], [load('1', 'gone', 1)]);
    expect(tree.branches.map((branch) => branch.zone.id)).toEqual(['a', 'b', 'c', 'd']);
    expect(tree.loose).toHaveLength(1);
  });
});

describe('powerOf', () => {
  it('adds up what is inside, supply meters and unused loads aside', () => {
    const tree = buildTree([zone('a'), zone('b', 'a')], [load('1', 'a', 5), load('2', 'b', 7), load('3', 'a', 100, { usage: 'supply' }), load('4', 'a', 100, { enabled: false }), load('5', 'a', null)]);
    expect(tree.branches.map(powerOf)).toEqual([12]);
    expect(buildTree([zone('x')], []).branches.map(powerOf)).toEqual([null]);
  });
});

describe('moving a zone', () => {
  it('cannot go inside itself', () => {
    const zones = [zone('a'), zone('b', 'a'), zone('c', 'b'), zone('d')];
    const own = withInner(zones, 'a');
    expect([...own].sort()).toEqual(['a', 'b', 'c']);
    expect(zoneOptions(zones, own).map((option) => option.value)).toEqual(['d']);
    expect(zoneOptions(zones).map((option) => option.label)).toEqual(['A', '\u2003B', '\u2003\u2003C', 'D']);
  });
});
