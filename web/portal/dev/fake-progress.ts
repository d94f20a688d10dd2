// How the pretend organisations moved: the one with an assessment for 120 days with a gap, the others since today.
import type { Benchmark, IndicatorDay, OrganisationToday, Peers } from '../src/api/progress-types.ts';
import { standingOf } from './fake-standing.ts';
import type { Handler } from './fault.ts';

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

function indicators(answered: boolean, days: number): IndicatorDay[] {
  const { declared, evidenced } = standingOf(answered);
  const themes = Object.fromEntries(declared.themes.map(({ theme, index }) => [theme, index]));
  const at = (ago: number): IndicatorDay => {
    // Steps, as answers come in bursts.
    const share = 1 - Math.floor(ago / 9) / 16;
    const least = (one: { least: number; most: number }) => ({ least: one.least * share, most: 100 - (100 - one.most) * share });
    return {
      day: day(ago), declared: least(declared.total), evidenced: least(evidenced.total), audited: ago < 40 && answered ? { least: 44, most: 47 } : null, themes,
      measures: declared.measures, known: Math.round(declared.known * share), risks: { low: 1, medium: 3, high: 2 }, current_risks: answered ? { low: 1 + Math.round(share), medium: 4, high: Math.round(3 * (1 - share)) } : { low: 0, medium: 0, high: 0 },
      alerts: 4, actions_open: answered ? 5 + Math.floor(ago / 40) : 0, actions_overdue: ago < 3 && answered ? 1 : 0, actions_done: answered ? Math.round(9 * share) : 0, contradicted: ago > 50 ? 3 : 2, witnesses: 2, grade: null,
    };
  };
  const all = answered ? Array.from({ length: Math.min(days, 120) }, (_, n) => n) : [0];
  return all.filter((ago) => ago < 60 || ago > 63).reverse().map(at);
}

function benchmark(answered: boolean, peers: Peers): Benchmark {
  const { declared } = standingOf(answered);
  const spread = (own: number, n: number) => (peers === 'size' ? null : { count: peers === 'all' ? 23 : 7, lower: Math.max(0, Math.round(own - 18 + n * 4)), median: Math.min(92, Math.round(own - 4 + n * 3)), upper: Math.min(98, Math.round(own + 6 + n * 3)) });
  const figures = [{ id: 'total', own: declared.total.least }, ...declared.themes.map(({ theme, index }) => ({ id: theme, own: index.least }))];
  return { peers, least: 5, is_shown: peers !== 'size', figures: figures.map(({ id, own }, n) => ({ id, own, spread: spread(own, n % 6) })) };
}

export function progressRoutes(organisation: string | undefined, organisations: () => readonly { id: string }[]): [string, RegExp, Handler][] {
  return [
    ['GET', /^\/indicators$/, () => ({ items: organisations().map(({ id }) => ({ organisation_id: id, figures: indicators(id === organisation, 1)[0] ?? null }) as OrganisationToday), next_cursor: null })],
    ['GET', /^\/organisations\/([^/]+)\/indicators$/, ({ params, query }) => ({ items: indicators(params[0] === organisation, Number(query.get('days') ?? 365)), next_cursor: null })],
    ['GET', /^\/organisations\/([^/]+)\/benchmark$/, ({ params, query }) => benchmark(params[0] === organisation, (query.get('peers') ?? 'all') as Peers)],
  ];
}
