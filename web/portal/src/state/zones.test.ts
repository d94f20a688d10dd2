import { expect, it } from 'vitest';
import type { Conduit, Zone } from '../api/inventory-types';
import { BOX, drawing, isBelow, protocolsOf, wrapped } from './zones';

const traced = { organisation_id: 'o', created_at: '', changed_at: '', changed_by: '', revision: 1 };
const zone = (id: string, target_level = 2): Zone => ({ ...traced, id, name: id, target_level, purpose: '' });
const conduit = (id: string, from: string, to: string, rest: Partial<Conduit> = {}): Conduit => ({
  ...traced, id, name: id, from_zone_id: from, to_zone_id: to, direction: 'forward', protocols: [], target_level: 2, note: '', ...rest,
});

it('draws any number of zones without one over another', () => {
  for (let n = 1; n <= 30; n += 1) {
    const { boxes, width, height } = drawing(Array.from({ length: n }, (_, at) => zone(String(at))), []);
    for (const [at, a] of boxes.entries()) {
      expect(a.x - BOX.width / 2 >= 0 && a.x + BOX.width / 2 <= width && a.y - BOX.height / 2 >= 0 && a.y + BOX.height / 2 <= height, `${n} zones`).toBe(true);
      for (const b of boxes.slice(at + 1)) expect(Math.abs(a.x - b.x) >= BOX.width || Math.abs(a.y - b.y) >= BOX.height, `${n} zones`).toBe(true);
    }
  }
});

it('numbers conduits, points them, and keeps those of one pair apart', () => {
  const { lines } = drawing([zone('a'), zone('b')], [conduit('1', 'a', 'b'), conduit('2', 'b', 'a', { direction: 'both' }), conduit('3', 'a', 'gone')]);
  expect(lines.map(({ number, heads }) => [number, heads.length])).toEqual([[1, 1], [2, 2]]);
  expect(lines[0]?.from.y).not.toBe(lines[1]?.from.y);
});

it('wraps names, reads lines, and knows the weak way in', () => {
  expect(wrapped('Gate')).toEqual(['Gate']);
  expect(wrapped('Remote maintenance of the quay cranes by their maker')).toEqual(['Remote maintenance of', 'the quay cranes by…']);
  expect(protocolsOf(' Modbus \n\nMQTT')).toEqual(['Modbus', 'MQTT']);
  expect([isBelow(conduit('1', 'a', 'b', { target_level: 1 }), [zone('a', 2), zone('b', 3)]), isBelow(conduit('1', 'a', 'b'), [zone('a', 2), zone('b', 3)])]).toEqual([true, false]);
});
