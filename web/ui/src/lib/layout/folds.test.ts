import { expect, test } from 'vitest';
import { arrived, isOpen, readTurned, turn } from './folds.js';

test('the group of the page is open, others are once the reader opens them', () => {
  expect(isOpen({}, 'risks', 'risks')).toBe(true);
  expect(isOpen({}, 'risks', 'sites')).toBe(false);
  const opened = turn({}, 'risks', 'sites');
  expect(isOpen(opened, 'risks', 'sites')).toBe(true);
  expect(isOpen(turn(opened, 'risks', 'sites'), 'risks', 'sites')).toBe(false);
});

test('a group that was folded opens again for whoever comes to a page of it', () => {
  const folded = turn({}, 'risks', 'risks');
  expect(isOpen(folded, 'risks', 'risks')).toBe(false);
  expect(isOpen(arrived(folded, 'risks'), 'risks', 'risks')).toBe(true);
  const opened = { sites: true };
  expect(arrived(opened, 'sites')).toBe(opened);
});

test('what is kept may be anything', () => {
  for (const text of [null, '', 'x', '[]', '7', 'null']) expect(readTurned(text)).toEqual({});
  expect(readTurned('{"risks":true,"sites":"yes"}')).toEqual({ risks: true });
});
