// The pretend organisations, seen from other frameworks: measures spread over the identifiers, some of which have none.
import type { FrameworkMapping, MappedIdentifier, MappedMeasure, MappingTarget } from '../src/api/mapping-types.ts';
import { ringRank } from '../src/state/standing.ts';
import { standingOf } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const numbered = (prefix: string, last: number) => Array.from({ length: last }, (_, at) => `${prefix}${at + 1}`);
const IDS: Readonly<Record<MappingTarget, string[]>> = {
  nis2_art_21: [...'abcdefghij'].map((point) => `2(${point})`),
  recyf: numbered('', 20),
  anssi_hygiene: numbered('', 42),
  iec_62443_3_3: [13, 12, 9, 3, 4, 2, 8].flatMap((last, at) => numbered(`SR ${at + 1}.`, last)),
  iso_27002_2022: [37, 8, 14, 34].flatMap((last, at) => numbered(`${at + 5}.`, last)),
};

function mappingOf(to: MappingTarget, answered: boolean): FrameworkMapping {
  const { measures } = standingOf(answered);
  const bearing = (at: number): MappedMeasure[] =>
    at % 7 === 4 ? [] : measures.filter((_, n) => (n * 5 + at) % (to === 'nis2_art_21' ? 9 : 17) === 0).map(({ id, ring, declared, proven }, n) => (at % 11 === 8 && n === 0 ? { measure: id, is_asked: false, ring: null, declared: null, proven: null } : { measure: id, is_asked: true, ring, declared, proven }));
  const identifiers = IDS[to].map((id, at): MappedIdentifier => {
    const own = bearing(at);
    return { id, measures: own, worst: own.map(({ ring }) => ring).sort((a, b) => ringRank(a) - ringRank(b))[0] ?? null };
  });
  return { to, identifiers, without: identifiers.filter((one) => one.measures.length === 0).map(({ id }) => id) };
}

export function mappingRoutes(organisation: string | undefined): [string, RegExp, Handler][] {
  return [
    ['GET', /^\/organisations\/([^/]+)\/mapping$/, ({ params, query }) => {
      const to = query.get('to') ?? '';
      if (!Object.hasOwn(IDS, to)) throw new Fault(422, 'invalid');
      return mappingOf(to as MappingTarget, params[0] === organisation);
    }],
  ];
}
