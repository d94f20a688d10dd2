import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Score, Standing } from '../../api/standing-types';
import { standingTables, stepsTable, themesTable } from './export';

const words = (text: string) => ({ en: text, fr: text });
const score = (least: number, most: number): Score => ({
  known: 3, measures: 5, total: { least, most }, themes: [{ theme: 'POL', weight: 2, known: 3, measures: 5, index: { least, most }, mandatory: null, others: null }],
});
const standing = {
  assessment: 'a',
  audited: null,
  declared: score(41.26, 80),
  evidenced: score(12, 12),
  label: { grades: [], open_majors: 0, reached: null },
  measures: [{ id: 'POL-01', name: words('A policy'), theme: 'POL', importance: 'mandatory', effort: 'S', cost: 'none', declared: 0.5, proven: null, ring: 'weak', contradicted: false, is_applicable: true, evidence: [{ gateway: 'Gate 2', gateway_id: 'g', requirement: 'modbus_tcp', standing: 'not_met', covers: 'part', at: '2026-11-22T08:00:00.000Z' }], file_count: 0 }],
  steps: [{ measure: 'POL-01', points: 2.04, total: 43.3, effort: 'S', cost: 'none' }],
  themes: [{ id: 'POL', name: words('Policy') }],
} as Standing;

it('gives each theme one line with its bounds by whose word; nothing where nobody has audited', () => {
  expect(JSON.parse(jsonOf([themesTable(standing)]))).toEqual([{
    theme: 'POL', weight: 2, measures: 5, declared_least: 41.3, declared_most: 80, declared_known: 3, evidenced_least: 12, evidenced_most: 12, evidenced_known: 3,
    audited_least: null, audited_most: null, audited_known: null,
  }]);
});

it('numbers the steps in the order in which they are proposed, with what they win', () => {
  expect(JSON.parse(jsonOf([stepsTable(standing)]))).toEqual([{ order: 1, measure: 'POL-01', name: 'A policy', points: 2, total: 43.3, effort: 'S', cost: 'none' }]);
});

it('gives the whole under the name of each part', () => {
  const all = JSON.parse(jsonOf(standingTables(standing))) as Record<string, unknown[]>;
  expect(Object.keys(all)).toEqual(['scores', 'themes', 'steps', 'grades', 'measures', 'found']);
  expect(all.scores).toMatchObject([{ track: 'declared', least: 41.3, most: 80 }, { track: 'evidenced', known: 3 }, { track: 'audited', least: null }]);
  expect(all.found).toMatchObject([{ measure: 'POL-01', gateway: 'Gate 2', standing: 'not_met' }]);
});
