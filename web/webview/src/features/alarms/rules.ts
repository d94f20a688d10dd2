/** Rules of alarms as they are written: pure. */
import type { AlarmCondition, AlarmRule, AlarmRuleInput, Load } from '../../api/types.js';

export const KINDS = ['analogue', 'logical', 'combination', 'energy', 'voltage', 'communication', 'system'] as const satisfies readonly AlarmCondition['kind'][];
export type Kind = AlarmCondition['kind'];
export const CRITICALITIES = ['information', 'not_critical', 'critical'] as const;
export const PERIODS = ['day', 'week', 'month', 'total'] as const;
export const VOLTAGE_EVENTS = ['dip', 'swell', 'interruption'] as const;

type Point = Extract<AlarmCondition, { kind: 'logical' }>['point'];

/** What a form holds: every kind's fields, so that a change of kind and back loses nothing. Empty texts are not chosen yet. */
export interface Draft {
  name: string;
  enabled: boolean;
  criticality: AlarmRuleInput['criticality'];
  manual: boolean;
  start: number | null;
  drop: number | null;
  kind: Kind;
  load: string;
  quantities: string[];
  join: 'and' | 'or';
  high: number | null;
  low: number | null;
  hysteresis: number | null;
  isOn: boolean;
  first: string;
  second: string;
  period: (typeof PERIODS)[number];
  reach: number | null;
  nominal: number | null;
  event: (typeof VOLTAGE_EVENTS)[number];
  device: string;
  notice: string;
}

export const newDraft = (kind: Kind = 'analogue'): Draft => ({
  name: '', enabled: true, criticality: 'not_critical', manual: false, start: 0, drop: 0, kind, load: '', quantities: [], join: 'or', high: null, low: null,
  hysteresis: 1, isOn: true, first: '', second: '', period: 'day', reach: null, nominal: 230, event: 'dip', device: '', notice: 'disk_full',
});

const pointsOf = (condition: AlarmCondition): readonly Point[] => ('points' in condition ? condition.points : 'point' in condition ? [condition.point] : []);

/** The load that a point is of. */
export const loadAt = (loads: readonly Load[], point: Pick<Point, 'device' | 'channel'>): Load | undefined =>
  loads.find((load) => load.device_id === point.device && load.channel === point.channel);

export function draftOf(rule: AlarmRuleInput, loads: readonly Load[]): Draft {
  const { condition } = rule;
  const draft: Draft = {
    ...newDraft(condition.kind),
    name: rule.name, enabled: rule.enabled, criticality: rule.criticality, manual: rule.acknowledgement === 'manual', start: rule.start_delay_s, drop: rule.drop_delay_s,
  };
  const points = pointsOf(condition);
  if (points[0]) {
    draft.load = loadAt(loads, points[0])?.id ?? '';
    draft.quantities = points.map(({ quantity }) => quantity);
  }
  switch (condition.kind) {
    case 'analogue':
      return { ...draft, join: condition.join, high: condition.high ?? null, low: condition.low ?? null, hysteresis: condition.hysteresis_percent };
    case 'logical':
      return { ...draft, isOn: condition.is_on };
    case 'combination':
      return { ...draft, first: condition.first, second: condition.second, join: condition.join };
    case 'energy':
      return { ...draft, period: condition.period, reach: condition.reach };
    case 'voltage':
      return { ...draft, nominal: condition.nominal_v, event: condition.event };
    case 'communication':
      return { ...draft, device: condition.device ?? '' };
    case 'system':
      return { ...draft, notice: condition.notice };
  }
}

/** What is lacking before the gateway is asked: field → code of a sentence. */
export function lacking(draft: Draft): Record<string, 'required' | 'threshold' | 'order' | 'twice' | 'step'> {
  const found: ReturnType<typeof lacking> = {};
  if (!draft.name.trim()) found['name'] = 'required';
  for (const [field, value] of [['start_delay_s', draft.start], ['drop_delay_s', draft.drop]] as const) {
    if (value === null || value < 0 || value > 86_400 || (value * 2) % 1 !== 0) found[field] = 'step';
  }
  const measured = draft.kind === 'analogue' || draft.kind === 'voltage' || draft.kind === 'logical' || draft.kind === 'energy';
  if (measured && !draft.load) found['load'] = 'required';
  if (measured && draft.load && draft.quantities.length === 0) found['quantities'] = 'required';
  if (draft.kind === 'analogue') {
    if (draft.high === null && draft.low === null) found['high'] = 'threshold';
    if (draft.high !== null && draft.low !== null && draft.low >= draft.high) found['low'] = 'order';
    if (draft.hysteresis === null) found['hysteresis'] = 'required';
  }
  if (draft.kind === 'energy' && draft.reach === null) found['reach'] = 'required';
  if (draft.kind === 'voltage' && draft.nominal === null) found['nominal'] = 'required';
  if (draft.kind === 'combination') {
    if (!draft.first) found['first'] = 'required';
    if (!draft.second) found['second'] = 'required';
    else if (draft.first === draft.second) found['second'] = 'twice';
  }
  return found;
}

function conditionOf(draft: Draft, loads: readonly Load[]): AlarmCondition {
  const load = loads.find(({ id }) => id === draft.load);
  const points = draft.quantities.map((quantity) => ({ device: load?.device_id ?? '', channel: load?.channel ?? 1, quantity })) as Point[];
  const point = points[0] as Point;
  switch (draft.kind) {
    case 'analogue':
      return { kind: 'analogue', points, join: draft.join, high: draft.high, low: draft.low, hysteresis_percent: draft.hysteresis ?? 0 };
    case 'logical':
      return { kind: 'logical', point, is_on: draft.isOn };
    case 'combination':
      return { kind: 'combination', first: draft.first, second: draft.second, join: draft.join };
    case 'energy':
      return { kind: 'energy', point, period: draft.period, reach: draft.reach ?? 0 };
    case 'voltage':
      return { kind: 'voltage', points, nominal_v: draft.nominal ?? 0, event: draft.event };
    case 'communication':
      return { kind: 'communication', device: draft.device || null };
    case 'system':
      return { kind: 'system', notice: draft.notice };
  }
}

/** To be asked only when nothing is lacking. */
export const ruleOf = (draft: Draft, loads: readonly Load[]): AlarmRuleInput => ({
  name: draft.name.trim(), enabled: draft.enabled, criticality: draft.criticality, acknowledgement: draft.manual ? 'manual' : 'none',
  start_delay_s: draft.start ?? 0, drop_delay_s: draft.drop ?? 0, condition: conditionOf(draft, loads),
});

/** Fields as the gateway names them → fields of the form. */
export const formField = (field: string): string =>
  ({
    'condition.high': 'high', 'condition.low': 'low', 'condition.hysteresis_percent': 'hysteresis', 'condition.first': 'first', 'condition.second': 'second',
    'condition.reach': 'reach', 'condition.nominal_v': 'nominal', 'condition.device': 'device', 'condition.notice': 'notice', 'condition.point': 'quantities',
  })[field] ?? (field.startsWith('condition.points') ? 'quantities' : field);

/** Whether a kind can look at a quantity. */
export function fits(kind: Kind, quantity: string): boolean {
  const isIndex = /^(active|reactive|apparent)_energy|^volume$|^pulse_count$|^operating_time$/.test(quantity);
  if (kind === 'energy') return isIndex;
  if (kind === 'voltage') return /^voltage_/.test(quantity);
  if (kind === 'logical') return quantity === 'digital_input';
  return !isIndex;
}

/** Most quantities that a kind takes. */
export const mostOf = (kind: Kind): number => (kind === 'analogue' || kind === 'voltage' ? 3 : 1);

/** Alarms that hardly any site does without; those that are there by their condition are left out. */
export function usual(rules: readonly AlarmRule[], name: (key: 'device' | 'disk_full' | 'clock_not_set' | 'integrity_failed' | 'hub_unreachable') => string): AlarmRuleInput[] {
  const system = (notice: 'disk_full' | 'clock_not_set' | 'integrity_failed' | 'hub_unreachable', criticality: AlarmRuleInput['criticality'], start_delay_s: number): AlarmRuleInput => ({
    name: name(notice), enabled: true, criticality, acknowledgement: criticality === 'critical' ? 'manual' : 'none', start_delay_s, drop_delay_s: 0, condition: { kind: 'system', notice },
  });
  const all: AlarmRuleInput[] = [
    { name: name('device'), enabled: true, criticality: 'not_critical', acknowledgement: 'manual', start_delay_s: 60, drop_delay_s: 0, condition: { kind: 'communication', device: null } },
    system('integrity_failed', 'critical', 0),
    system('disk_full', 'critical', 0),
    system('clock_not_set', 'not_critical', 60),
    system('hub_unreachable', 'not_critical', 900),
  ];
  const known = new Set(rules.map(({ rule }) => JSON.stringify(rule.condition)));
  return all.filter(({ condition }) => !known.has(JSON.stringify(condition)));
}
