import { expect, it } from 'vitest';
import { keyTarget } from './menu.js';

const labels = ['CSV', 'Excel', 'État'];

it('goes round with the arrows and to the ends', () => {
  expect(['ArrowDown', 'ArrowUp', 'Home', 'End'].map((key) => keyTarget(key, 2, labels))).toEqual([0, 1, 0, 2]);
  expect(['ArrowDown', 'ArrowUp'].map((key) => keyTarget(key, -1, labels))).toEqual([0, 2]);
  expect(keyTarget('ArrowDown', 0, [])).toBeNull();
});

it('finds the next entry by its first letter, whatever its accent', () => {
  expect([keyTarget('e', 0, labels), keyTarget('e', 1, labels), keyTarget('E', 2, labels)]).toEqual([1, 2, 1]);
  expect([keyTarget('x', 0, labels), keyTarget('Enter', 0, labels), keyTarget(' ', 0, labels)]).toEqual([null, null, null]);
});
