// The studies of the pretend hub: one that is half done. A scope that begins with "Conflict" is changed by somebody else whenever it is saved.
import type { RatedStudy, Study, StudyGap } from '../src/api/study-types.ts';
import { levelOf } from '../src/state/risk.ts';
import { EMPTY } from '../src/state/study.ts';
import { Fault, type Handler } from './fault.ts';

const PERTINENCE = [[1, 1, 2, 2], [1, 2, 3, 3], [2, 3, 3, 4], [2, 3, 4, 4]];

function viewOf(study: Study): RatedStudy['view'] {
  const told = (id: string) => study.operational.find(({ strategic }) => strategic === id);
  const gaps: [number, StudyGap, boolean][] = [
    [1, 'scope', study.scope.trim() === ''],
    [1, 'values', study.values.length === 0],
    [1, 'value_without_event', study.values.some(({ id }) => !study.events.some(({ value }) => value === id))],
    [2, 'pairs', !study.pairs.some(({ is_kept }) => is_kept)],
    [3, 'parties', study.parties.length === 0],
    [3, 'pair_without_scenario', study.strategic.length === 0 || study.pairs.some(({ id, is_kept }) => is_kept && !study.strategic.some(({ pair }) => pair === id))],
    [4, 'scenario_not_operational', study.strategic.length === 0 || study.strategic.some(({ id }) => !told(id))],
    [5, 'risk_not_treated', study.operational.length === 0 || study.operational.some(({ risk }) => risk === null)],
  ];
  return {
    workshops: [1, 2, 3, 4, 5].map((number) => ({ number, gaps: gaps.filter(([at, , is]) => at === number && is).map(([, gap]) => gap) })),
    pairs: study.pairs.map(({ id, motivation, resources }) => ({ pair: id, pertinence: PERTINENCE[motivation - 1]?.[resources - 1] ?? 1 })),
    parties: study.parties.map(({ id, exposure: { dependency, penetration, maturity, trust } }) => {
      const criticality = (dependency * penetration) / (maturity * trust);
      return { party: id, criticality, zone: criticality < 0.5 ? 'control' : criticality < 1.5 ? 'watch' : 'danger' };
    }),
    scenarios: study.strategic.map(({ id, event }) => {
      const gravity = study.events.find((one) => one.id === event)?.gravity ?? 1;
      const likelihood = told(id)?.likelihood ?? null;
      return { strategic: id, gravity, likelihood, level: likelihood === null ? null : levelOf(gravity, likelihood) };
    }),
  };
}

export function studyRoutes(organisation: string | undefined, user: () => string): [string, RegExp, Handler][] {
  const begun: Study = {
    scope: 'Unloading of containers at the north quay, for the shipping lines that call there, until the end of 2027.',
    values: [
      { id: 'value-1', name: 'Unloading of ships', owner: 'Operations', rests_on: 'Cranes, their controls, the yard program' },
      { id: 'value-2', name: 'Release of containers', owner: 'Customs desk', rests_on: 'Order system, community system' },
    ],
    events: [{ id: 'event-1', name: 'The cranes stop for two days', value: 'value-1', impacts: 'Ships wait, penalties, food is lost', gravity: 4 }],
    pairs: [
      { id: 'pair-1', source: 'organised-crime', objective: 'A ransom', motivation: 4, resources: 3, is_kept: true },
      { id: 'pair-2', source: 'A former employee of the yard', objective: 'Revenge', motivation: 3, resources: 1, is_kept: false },
    ],
    parties: [
      { id: 'party-1', name: 'Atelier Ferrand & Fils', role: 'Maintains the cranes', exposure: { dependency: 4, penetration: 4, maturity: 2, trust: 3 } },
      { id: 'party-2', name: 'Community system', role: 'Provider', exposure: { dependency: 3, penetration: 1, maturity: 2, trust: 2 } },
      { id: 'party-3', name: 'Cleaning company', role: 'Provider', exposure: { dependency: 1, penetration: 1, maturity: 2, trust: 3 } },
    ],
    strategic: [
      { id: 'scenario-1', name: 'By the access of the maintainer', pair: 'pair-1', event: 'event-1', through: ['party-1'] },
      { id: 'scenario-2', name: 'By the mail of the office', pair: 'pair-1', event: 'event-1', through: [] },
    ],
    operational: [{ strategic: 'scenario-1', scenario: 'FS-05', words: 'The maintainer’s laptop is open to the yard at night.', likelihood: 3, risk: null }],
  };
  const kept = new Map<string, RatedStudy>();
  const of = (id: string): RatedStudy => kept.get(id) ?? (id === organisation ? { study: begun, view: viewOf(begun), revision: 1, changed_at: new Date().toISOString(), changed_by: 'Chloé Marchand' } : { study: EMPTY, view: viewOf(EMPTY), revision: 0, changed_at: null, changed_by: null });
  const keep = (id: string, study: Study, by: string): RatedStudy => {
    const next = { study, view: viewOf(study), revision: of(id).revision + 1, changed_at: new Date().toISOString(), changed_by: by };
    kept.set(id, next);
    return next;
  };
  return [
    ['GET', /^\/organisations\/([^/]+)\/study$/, ({ params }) => of(params[0] ?? '')],
    ['PUT', /^\/organisations\/([^/]+)\/study$/, ({ params, body }) => {
      const id = params[0] ?? '';
      const given = body as unknown as { study: Study; revision: number };
      if (given.study.scope.startsWith('Conflict') && !of(id).study.scope.startsWith('Theirs')) keep(id, { ...of(id).study, scope: 'Theirs: the whole terminal.' }, 'Dora Nilsson');
      if (given.revision !== of(id).revision) throw new Fault(409, 'changed_meanwhile');
      return keep(id, given.study, user());
    }],
  ];
}
