import { expect, it } from 'vitest';
import type { FrameworkMapping, MappedMeasure } from '../api/mapping-types';
import { countsOf, rowsOf } from './mapping';

const measure = (id: string, ring: MappedMeasure['ring'], is_asked = true): MappedMeasure => ({ measure: id, is_asked, ring, declared: null, proven: null });
const mapping: FrameworkMapping = {
  to: 'recyf',
  identifiers: [
    { id: '1', measures: [measure('POL-10', 'holds'), measure('GAT-01', null, false), measure('POL-2', 'fails')], worst: 'fails' },
    { id: '2', measures: [], worst: null },
    { id: '3', measures: [measure('GAT-01', null, false)], worst: null },
  ],
  without: ['2'],
};

it('puts the weakest measure first and what is not asked last', () => {
  expect(rowsOf(mapping)[0]?.measures.map(({ measure: id }) => id)).toEqual(['POL-2', 'POL-10', 'GAT-01']);
});

it('tells an identifier without any measure from one whose measures are not asked', () => {
  expect(rowsOf(mapping).map(({ state }) => state)).toEqual(['fails', 'without', 'not_asked']);
  expect(countsOf(rowsOf(mapping))).toMatchObject({ fails: 1, without: 1, not_asked: 1, holds: 0 });
});
