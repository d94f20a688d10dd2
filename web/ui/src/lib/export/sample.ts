// A table with every kind of value, for the tests of each form.
import { tableOf, type ExportTable } from './table.js';

interface Row {
  title: string;
  state: 'todo' | 'doing';
  cost: number | null;
  due: string | null;
  changed: string | null;
  late: boolean;
  measures: string[];
}
const rows: Row[] = [
  // Made from a wall clock: tests run in any zone.
  { title: '=SUM(A1)', state: 'doing', cost: 1500.5, due: '2026-11-22', changed: new Date(2026, 10, 22, 9, 5).toISOString(), late: true, measures: ['m1', 'm2'] },
  { title: 'Lock & key', state: 'todo', cost: null, due: null, changed: null, late: false, measures: [] },
];

export const sample = (): ExportTable =>
  tableOf('actions', 'Plan: actions', [
    { key: 'title', title: 'Action', value: ({ title }) => title },
    { key: 'state', title: 'State', value: ({ state }) => state, text: ({ state }) => (state === 'doing' ? 'Under way' : 'To do') },
    { key: 'cost_eur', title: 'Cost', value: ({ cost }) => cost },
    { key: 'due', title: 'Due', value: ({ due }) => due, kind: 'day' },
    { key: 'changed_at', title: 'Changed', value: ({ changed }) => changed, kind: 'time' },
    { key: 'is_late', title: 'Late', value: ({ late }) => late },
    { key: 'measures', title: 'Measures', value: ({ measures }) => measures },
  ], rows);
