import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { MeasureStanding, RatedScenario, Scenario, Taxonomies } from '../../api/standing-types';
import { scenarioTables, stagesTable } from './whole';

const words = (text: string) => ({ en: text, fr: text });
const terms = { items: [{ id: 'crane', title: words('Cranes') }] };
const taxonomies = { services: terms, assets: terms, threats: terms, sources: terms, impacts: terms, actors: terms } as unknown as Taxonomies;
const scenario = {
  id: 'FS-01', title: words('Ransom'), summary: words('It begins with a letter.'), gravity: 4, likelihood: 3, criteria: { confidentiality: 1, integrity: 2, availability: 4, traceability: 1 },
  services: [], assets: ['crane', 'unheard-of'], threats: [], sources: [], impacts: [], actors: [], asset_items: [], clocks: ['nis2'], clocks_if: null, public_event: [],
  detection: [{ id: 'd', text: words('Files change'), sees: 'endpoint', measure: null }], exercise: { goal: words(''), players: words(''), minutes: 60 }, inject: [],
  reflex: [{ phase: 'first-hour', who: words('IT'), text: words('Cut the link') }],
  stage: [{ stage: 'enter', text: words('A letter'), measures: ['TEC-05', 'TEC-99'], attack: ['T1566'] }, { stage: 'exploit', text: words('Files are encrypted'), measures: [], attack: [] }],
} as Scenario;
const rated = {
  scenario: 'FS-01', title: words('Ransom'), is_picked: true, gravity: 3, likelihood: 3, level: 'high', residual_likelihood: 2, residual_level: 'medium', note: 'As last year', revision: 1, changed_at: null, changed_by: null,
  stages: [{ stage: 'enter', ring: 'holds', by: 'TEC-05' }, { stage: 'exploit', ring: 'unknown', by: null }],
} as RatedScenario;
const measures = [{ id: 'TEC-05', ring: 'holds' }] as MeasureStanding[];

it('gives a line for each measure of a stage, and a stage without any a line too', () => {
  const rows = JSON.parse(jsonOf([stagesTable(scenario, rated, measures)])) as Record<string, unknown>[];
  expect(rows).toMatchObject([
    { stage: 'enter', stage_state: 'holds', cut_by: 'TEC-05', measure: 'TEC-05', measure_state: 'holds', techniques: ['T1566'] },
    { stage: 'enter', measure: 'TEC-99', measure_state: null },
    { stage: 'exploit', stage_state: 'unknown', cut_by: null, measure: null, measure_state: null },
  ]);
});

it('tells a measure that is not asked from a stage without any', () => {
  const { columns, rows } = stagesTable(scenario, rated, measures);
  const at = columns.findIndex(({ key }) => key === 'measure_state');
  expect(rows.map((row) => row[at]?.shown)).toEqual(['holds', 'not asked of this company', '']);
});

it('gives the whole page, what is feared and what is proposed apart', () => {
  const tables = scenarioTables(scenario, rated, measures, taxonomies);
  const all = JSON.parse(jsonOf(tables)) as Record<string, Record<string, unknown>[]>;
  expect(Object.keys(all)).toEqual(['scenario', 'stages', 'reflex', 'exercise', 'detections', 'events']);
  expect(all.scenario).toMatchObject([{ gravity: 3, proposed_gravity: 4, level: 'high', residual_level: 'medium', note: 'As last year', availability: 4, clocks: ['nis2'] }]);
  expect(tables[0]?.rows[0]?.[tables[0].columns.findIndex(({ key }) => key === 'assets')]?.shown).toBe('Cranes, unheard-of');
});
