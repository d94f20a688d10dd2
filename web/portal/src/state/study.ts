// What a study says, and what goes with what: pure. Whatever is removed takes with it what cannot stand without it.
import type { Study, StudyOperational, StudyStrategic } from '../api/study-types';

export const WORKSHOPS = [1, 2, 3, 4, 5] as const;
export type Workshop = (typeof WORKSHOPS)[number];
export const EMPTY: Study = { scope: '', values: [], events: [], pairs: [], parties: [], strategic: [], operational: [] };

type List = 'values' | 'events' | 'pairs' | 'parties' | 'strategic';
/** Short and unlike those that are there: `pair-3`. */
export function freeId(study: Study, list: List): string {
  const word = { values: 'value', events: 'event', pairs: 'pair', parties: 'party', strategic: 'scenario' }[list];
  const taken = new Set(study[list].map(({ id }) => id));
  let number = study[list].length + 1;
  while (taken.has(`${word}-${number}`)) number += 1;
  return `${word}-${number}`;
}

const told = (strategic: readonly StudyStrategic[], operational: readonly StudyOperational[]) =>
  operational.filter((one) => strategic.some(({ id }) => id === one.strategic));

/** Without an object and all that rests on it: a value takes its events, a pair or an event the scenarios between them. */
export function without(study: Study, list: List, id: string): Study {
  const kept = { ...study, [list]: study[list].filter((one: { id: string }) => one.id !== id) } as Study;
  const events = kept.events.filter(({ value }) => list !== 'values' || value !== id);
  const strategic = kept.strategic
    .filter(({ pair, event }) => events.some((one) => one.id === event) && kept.pairs.some((one) => one.id === pair))
    .map((one) => ({ ...one, through: one.through.filter((party) => kept.parties.some((known) => known.id === party)) }));
  return { ...kept, events, strategic, operational: told(strategic, kept.operational) };
}

/** How many other objects would go as well. */
export function losses(study: Study, list: List, id: string): number {
  const count = ({ values, events, pairs, parties, strategic, operational }: Study) => values.length + events.length + pairs.length + parties.length + strategic.length + operational.length;
  return count(study) - count(without(study, list, id)) - 1;
}

/** The fields that the hub would refuse as empty, as it names them: `events.2.name`. */
export function missing(study: Study): string[] {
  const at = (list: List, field: string, texts: string[]) => texts.flatMap((text, place) => (text.trim() === '' ? [`${list}.${place}.${field}`] : []));
  return [
    ...at('values', 'name', study.values.map(({ name }) => name)),
    ...at('events', 'name', study.events.map(({ name }) => name)),
    ...at('pairs', 'source', study.pairs.map(({ source }) => source)),
    ...at('pairs', 'objective', study.pairs.map(({ objective }) => objective)),
    ...at('parties', 'name', study.parties.map(({ name }) => name)),
    ...at('strategic', 'name', study.strategic.map(({ name }) => name)),
  ];
}

/** In which workshop a field is written. */
export function workshopOf(field: string): Workshop {
  const list = field.split('.', 1)[0] ?? '';
  if (list === 'pairs') return 2;
  if (list === 'parties' || list === 'strategic') return 3;
  return list === 'operational' ? (field.endsWith('.risk') ? 5 : 4) : 1;
}

const WRITTEN_IN: Readonly<Record<keyof Study, Workshop>> = { scope: 1, values: 1, events: 1, pairs: 2, parties: 3, strategic: 3, operational: 4 };
/** The workshops in which two versions of a study say something else. */
export function differing(mine: Study, theirs: Study): Workshop[] {
  const found = (Object.keys(WRITTEN_IN) as (keyof Study)[]).filter((part) => JSON.stringify(mine[part]) !== JSON.stringify(theirs[part]));
  return [...new Set(found.map((part) => WRITTEN_IN[part]))];
}

/** Where a criticality from 0 to 16 stands on a line, as a share: low figures, where the zones part, have more room. */
export const place = (criticality: number): number => Math.sqrt(Math.min(16, Math.max(0, criticality)) / 16);
export const ZONE_BOUNDS = [0.5, 1.5] as const;
