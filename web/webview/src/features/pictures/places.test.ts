import { describe, expect, it } from 'vitest';
import type { LiveValue } from '../../api/types.js';
import { moved, stateOf, stepOf } from './places.js';

describe('places on a picture', () => {
  it('move by keys and stay on it', () => {
    expect(stepOf('ArrowLeft', true)).toEqual([-5, 0]);
    expect(stepOf('Enter', false)).toBeNull();
    expect(moved({ x: 1, y: 99.8 }, -5, 0.5)).toEqual({ x: 0, y: 100 });
  });
  it('say in a word how their value is', () => {
    const value = { load_id: 'a', device_id: 'b', channel: 1, quantity: 'active_power_total', value: 1, unit: 'W', at: '', quality: 'good', reason: 'measured' } satisfies LiveValue;
    expect([stateOf(undefined), stateOf(value), stateOf({ ...value, quality: 'uncertain' }), stateOf({ ...value, value: null })]).toEqual(['missing', 'live', 'doubtful', 'missing']);
  });
});
