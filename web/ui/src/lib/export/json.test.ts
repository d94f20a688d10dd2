import { expect, it } from 'vitest';
import { jsonOf } from './json.js';
import { sample } from './sample.js';

it('gives keys and codes that no language changes, and what is absent as null', () => {
  expect(JSON.parse(jsonOf([sample()]))).toEqual([
    { title: '=SUM(A1)', state: 'doing', cost_eur: 1500.5, due: '2026-11-22', changed_at: new Date(2026, 10, 22, 9, 5).toISOString(), is_late: true, measures: ['m1', 'm2'] },
    { title: 'Lock & key', state: 'todo', cost_eur: null, due: null, changed_at: null, is_late: false, measures: [] },
  ]);
});

it('names each of several tables', () => {
  expect(Object.keys(JSON.parse(jsonOf([sample(), { ...sample(), key: 'others' }])))).toEqual(['actions', 'others']);
});
