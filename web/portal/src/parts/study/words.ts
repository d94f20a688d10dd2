// Words for what a study shows in several places.
import type { Study, StudyPair, StudyStrategic } from '../../api/study-types';
import type { Taxonomies } from '../../api/standing-types';
import { say, t } from '../../i18n';

export type Sources = Taxonomies['sources']['items'];

/** A source is one of the list, or somebody's own words. */
export function sourceText(source: string, sources: Sources): string {
  const known = sources.find(({ id }) => id === source);
  return known ? say(known.title) : source;
}
export const pairText = (pair: StudyPair | undefined, sources: Sources): string => (pair ? `${sourceText(pair.source, sources) || t('study.unnamed')} – ${pair.objective || t('study.unnamed')}` : '–');

/** Source, those gone through, event. */
export function chainOf({ pair, through, event }: StudyStrategic, study: Study, sources: Sources): string[] {
  const parties = through.map((id) => study.parties.find((one) => one.id === id)?.name || t('study.unnamed'));
  return [pairText(study.pairs.find(({ id }) => id === pair), sources), ...parties, study.events.find(({ id }) => id === event)?.name || t('study.unnamed')];
}

export const gradeOptions = (kind: 'motivation' | 'resources' | 'maturity' | 'trust' | 'dependency' | 'penetration') => {
  const least = kind === 'dependency' || kind === 'penetration' ? 0 : 1;
  return Array.from({ length: 5 - least }, (_, at) => ({ value: String(at + least), label: t.dynamic(`${kind}.${at + least}`) }));
};
