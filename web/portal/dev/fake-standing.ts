// Where the pretend organisations stand: made up once from the shipped measures, so that the pages have something of every kind to show.
// The second organisation has an assessment, the others begin without one.
import type { MeasureStanding, ProfileView, RatedScenario, Standing } from '../src/api/standing-types.ts';
import { levelOf } from '../src/state/risk.ts';
import { guide, labelFile, measures, scenarios, taxonomies, themes, type Measure } from './content.ts';
import { Fault, type Handler } from './fault.ts';

export const ASSESSMENT = '00000009-0000-4000-8000-000000000001';
const WORK = { S: 1, M: 2, L: 4, XL: 8 };
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

/** The same for each measure at every start. */
const declaredOf = (at: number): number | null => (at % 13 === 6 ? null : [1, 2 / 3, 1 / 3, 1, 0, 1][at % 6] ?? 0);
const provenOf = ({ id }: Measure, at: number): number | null => (id.startsWith('GAT') ? ([1, 1, 0.5, 0][at % 4] ?? 1) : null);

function standings(answered: boolean): MeasureStanding[] {
  return measures.map(({ weight: _weight, ...measure }, at) => {
    const declared = answered ? declaredOf(at) : null;
    const proven = answered ? provenOf({ ...measure, weight: 1 }, at) : null;
    const best = proven ?? declared;
    const ring = best === null ? 'unknown' : best < 1 / 3 ? 'fails' : best < 2 / 3 ? 'weak' : proven === null ? 'declared' : 'holds';
    return { ...measure, declared, proven, is_applicable: true, ring, contradicted: false, file_count: 0, evidence: [] };
  });
}

type Value = 'declared' | 'proven';
function score(all: MeasureStanding[], by: Value): Standing['declared'] {
  const weight = (id: string) => measures.find((one) => one.id === id)?.weight ?? 1;
  const mean = (some: MeasureStanding[], unknown: number) => {
    const total = some.reduce((sum, one) => sum + weight(one.id), 0);
    return total === 0 ? 0 : (100 * some.reduce((sum, one) => sum + (one[by] ?? unknown) * weight(one.id), 0)) / total;
  };
  const bounds = (some: MeasureStanding[]) => ({ least: mean(some, 0), most: mean(some, 1) });
  return {
    total: bounds(all),
    measures: all.length,
    known: all.filter((one) => one[by] !== null).length,
    themes: themes.map(({ id }) => {
      const own = all.filter(({ theme }) => theme === id);
      const mandatory = own.filter(({ importance }) => importance === 'mandatory');
      return { theme: id, index: bounds(own), mandatory: mandatory.length > 0 ? bounds(mandatory) : null, others: null, measures: own.length, known: own.filter((one) => one[by] !== null).length, weight: own.length };
    }),
  };
}

function labelOf(declared: Standing['declared'], evidenced: Standing['evidenced']): Standing['label'] {
  let reached: string | null = null;
  let isReaching = true;
  const grades = labelFile.grade.map((grade) => {
    const of = grade.track === 'declared' ? declared : grade.track === 'evidenced' ? evidenced : null;
    const shortfalls: Standing['label']['grades'][number]['shortfalls'] = [];
    const known = of ? (100 * of.known) / Math.max(1, of.measures) : 0;
    if (known < grade.known) shortfalls.push({ kind: 'known', is: known, asked: grade.known });
    if ((of?.total.least ?? 0) < grade.score) shortfalls.push({ kind: 'score', is: of?.total.least ?? 0, asked: grade.score });
    for (const theme of of?.themes ?? []) {
      if (theme.index.least < grade.themes) shortfalls.push({ kind: 'theme', theme: theme.theme, is: theme.index.least, asked: grade.themes });
      if (theme.mandatory && theme.mandatory.least < grade.mandatory) shortfalls.push({ kind: 'mandatory', theme: theme.theme, is: theme.mandatory.least, asked: grade.mandatory });
    }
    isReaching &&= shortfalls.length === 0;
    if (isReaching) reached = grade.id;
    return { id: grade.id, title: grade.title, says: grade.says, audit: grade.audit, months: grade.months, track: grade.track, shortfalls };
  });
  return { reached, grades, open_majors: 0 };
}

export function standingOf(answered: boolean): Standing {
  const all = standings(answered);
  const declared = score(all, 'declared');
  const evidenced = score(all, 'proven');
  let total = declared.total.least;
  const steps = all
    .filter((one) => (one.declared ?? 0) < 1)
    .map((one) => ({ measure: one.id, effort: one.effort, cost: one.cost, points: (measures.find(({ id }) => id === one.id)?.weight ?? 1) * 1.3 * (1 - (one.declared ?? 0)) }))
    .sort((a, b) => b.points / WORK[b.effort] - a.points / WORK[a.effort])
    .slice(0, 6)
    .map((step) => ({ ...step, total: (total += step.points) }));
  return { assessment: answered ? ASSESSMENT : null, declared, evidenced, audited: null, steps, label: labelOf(declared, evidenced), measures: all, themes };
}

function ratedOf(standing: Standing): RatedScenario[] {
  const order = ['fails', 'unknown', 'weak', 'declared', 'holds'];
  return scenarios.map(({ id, title, gravity, likelihood, stage }, at) => {
    const stages = stage.map((one) => {
      const known = standing.measures.filter(({ id: measure }) => one.measures.includes(measure)).sort((a, b) => order.indexOf(b.ring ?? '') - order.indexOf(a.ring ?? ''));
      return { stage: one.stage, ring: at % 2 === 0 && one.stage === 'enter' ? ('weak' as const) : (known[0]?.ring ?? ('unknown' as const)), by: known[0]?.id ?? null };
    });
    const residual = Math.max(1, likelihood - stages.filter(({ ring }) => ring === 'declared' || ring === 'holds').length);
    return {
      scenario: id, title, is_picked: at < 2, gravity, likelihood, note: '', revision: 0, stages, residual_likelihood: residual,
      level: levelOf(gravity, likelihood), residual_level: levelOf(gravity, residual), changed_at: null, changed_by: null,
    };
  });
}

export function standingRoutes(answeredBy: () => string | undefined): [string, RegExp, Handler][] {
  const answered = (id: string | undefined) => id !== undefined && id === answeredBy();
  const profile = (id: string | undefined): ProfileView => ({ size: 'small', nis2: 'none', ot: true, gateways: true, is_set: answered(id), changed_at: answered(id) ? ago(40) : null, changed_by: answered(id) ? 'first.coordinator' : null });
  const list = (items: unknown[]) => ({ items, next_cursor: null });
  return [
    ['GET', /^\/organisations\/([^/]+)\/profile$/, ({ params }) => profile(params[0])],
    ['GET', /^\/organisations\/([^/]+)\/standing$/, ({ params }) => standingOf(answered(params[0]))],
    ['GET', /^\/organisations\/([^/]+)\/scenarios$/, ({ params }) => list(ratedOf(standingOf(answered(params[0]))))],
    ['GET', /^\/scenarios$/, () => list(scenarios)],
    ['GET', /^\/scenarios\/([^/]+)$/, ({ params }) => scenarios.find(({ id }) => id === params[0]) ?? missing()],
    ['GET', /^\/guide$/, () => list(guide)],
    ['GET', /^\/taxonomies$/, () => taxonomies],
  ];
}

function missing(): never {
  throw new Fault(404, 'not_found');
}
