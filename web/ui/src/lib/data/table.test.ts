import { describe, expect, it } from 'vitest';
import { filterRows, sortRows, type Column } from './table.js';

interface Row { name: string; power: number | null }
const rows: Row[] = [{ name: 'Réseau 10', power: 5 }, { name: 'réseau 2', power: null }, { name: 'Quai', power: -1 }];
const columns: Column<Row>[] = [{ key: 'name', label: 'Name', value: (row) => row.name }, { key: 'power', label: 'Power', value: (row) => row.power, text: (row) => `${row.power ?? '–'} W` }];
const names = (list: readonly Row[]) => list.map((row) => row.name);

describe('tables', () => {
  it('filter without accents or case, every word', () => {
    expect(names(filterRows(rows, columns, 'reseau'))).toEqual(['Réseau 10', 'réseau 2']);
    expect(names(filterRows(rows, columns, 'RES 5 w'))).toEqual(['Réseau 10']);
    expect(filterRows(rows, columns, '  ')).toBe(rows);
  });
  it('sort texts as people do, numbers as numbers, missing values last both ways', () => {
    expect(names(sortRows(rows, columns, { key: 'name', direction: 'ascending' }))).toEqual(['Quai', 'réseau 2', 'Réseau 10']);
    expect(names(sortRows(rows, columns, { key: 'power', direction: 'ascending' }))).toEqual(['Quai', 'Réseau 10', 'réseau 2']);
    expect(names(sortRows(rows, columns, { key: 'power', direction: 'descending' }))).toEqual(['Réseau 10', 'Quai', 'réseau 2']);
    expect(sortRows(rows, columns, null)).toBe(rows);
  });
});
