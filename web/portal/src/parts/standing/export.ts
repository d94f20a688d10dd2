// Where a company stands, to be taken along: its measures as they are listed, or the whole.
import { standingWord, tableOf, tenths, tu, type ExportColumn, type ExportTable } from '@haubert/ui';
import type { MeasureStanding, Standing, Track } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { TRACKS, scoreOf } from '../../state/standing';
import { gradesTable } from '../label/export';
import { requirementName } from '../words';

const percent = (part: number | null): number | null => (part === null ? null : Math.round(100 * part));

export function measuresTable(shown: readonly MeasureStanding[], { themes }: Standing): ExportTable {
  const names = new Map(themes.map(({ id, name }) => [id, say(name)]));
  return tableOf('measures', t('measures.title'), [
    { key: 'id', title: t('measures.id'), value: ({ id }) => id },
    { key: 'name', title: t('measures.name'), value: ({ name }) => say(name) },
    { key: 'theme', title: t('measures.theme'), value: ({ theme }) => theme, text: ({ theme }) => names.get(theme) ?? theme },
    { key: 'importance', title: t('measures.importance'), value: ({ importance }) => importance, text: ({ importance }) => t(`importance.${importance}`) },
    { key: 'effort', title: t('measures.effort'), value: ({ effort }) => effort, text: ({ effort }) => t(`effort.${effort}`) },
    { key: 'cost', title: t('measures.cost'), value: ({ cost }) => cost, text: ({ cost }) => t(`cost.${cost}`) },
    { key: 'declared_percent', title: `${t('measures.declared')} (%)`, value: ({ declared }) => percent(declared) },
    { key: 'proven_percent', title: `${t('measures.proven')} (%)`, value: ({ proven }) => percent(proven) },
    { key: 'state', title: t('measures.state'), value: ({ ring }) => ring, text: ({ ring }) => (ring === null ? t('measures.not_applicable') : tu(`ring.${ring}`)) },
    { key: 'is_contradicted', title: t('measures.contradicted'), value: ({ contradicted }) => contradicted },
  ], shown);
}

const scoresTable = (standing: Standing): ExportTable =>
  tableOf('scores', t('score.title'), [
    { key: 'track', title: t('themes.by'), value: (track) => track, text: (track) => t(`track.${track}`) },
    { key: 'least', title: t('score.export.least'), value: (track) => tenths(scoreOf(standing, track)?.total.least) },
    { key: 'most', title: t('score.export.most'), value: (track) => tenths(scoreOf(standing, track)?.total.most) },
    { key: 'known', title: t('score.export.known'), value: (track) => scoreOf(standing, track)?.known },
    { key: 'measures', title: t('score.export.measures'), value: (track) => scoreOf(standing, track)?.measures },
  ], TRACKS);

/** One line for each theme, with its bounds by whose word. */
export function themesTable(standing: Standing): ExportTable {
  type Theme = Standing['themes'][number];
  const of = (track: Track, { id }: Theme) => scoreOf(standing, track)?.themes.find(({ theme }) => theme === id);
  const bounds = TRACKS.flatMap((track): ExportColumn<Theme>[] => [
    { key: `${track}_least`, title: t('progress.least', { track: t(`track.${track}`) }), value: (theme) => tenths(of(track, theme)?.index.least) },
    { key: `${track}_most`, title: t('progress.most', { track: t(`track.${track}`) }), value: (theme) => tenths(of(track, theme)?.index.most) },
    { key: `${track}_known`, title: `${t('score.export.known')} (${t(`track.${track}`)})`, value: (theme) => of(track, theme)?.known },
  ]);
  return tableOf('themes', t('themes.title'), [
    { key: 'theme', title: t('measures.theme'), value: ({ id }) => id, text: ({ name }) => say(name) },
    { key: 'weight', title: t('themes.export.weight'), value: (theme) => of('declared', theme)?.weight },
    { key: 'measures', title: t('score.export.measures'), value: (theme) => of('declared', theme)?.measures },
    ...bounds,
  ], standing.themes);
}

/** In the order in which they are proposed. */
export function stepsTable({ steps, measures }: Standing): ExportTable {
  const names = new Map(measures.map(({ id, name }) => [id, say(name)]));
  return tableOf('steps', t('steps.title'), [
    { key: 'order', title: t('steps.export.order'), value: ({ order }) => order },
    { key: 'measure', title: t('measures.id'), value: ({ step }) => step.measure },
    { key: 'name', title: t('measures.name'), value: ({ step }) => names.get(step.measure) ?? step.measure },
    { key: 'points', title: t('steps.export.points'), value: ({ step }) => tenths(step.points) },
    { key: 'total', title: t('steps.export.total'), value: ({ step }) => tenths(step.total) },
    { key: 'effort', title: t('measures.effort'), value: ({ step }) => step.effort, text: ({ step }) => t(`effort.${step.effort}`) },
    { key: 'cost', title: t('measures.cost'), value: ({ step }) => step.cost, text: ({ step }) => t(`cost.${step.cost}`) },
  ], steps.map((step, at) => ({ step, order: at + 1 })));
}

/** What gateways found, measure by measure: what speaks against what was declared is among it. */
const foundTable = ({ measures }: Standing): ExportTable =>
  tableOf('found', t('assess.evidence'), [
    { key: 'measure', title: t('measures.id'), value: ({ measure }) => measure.id },
    { key: 'name', title: t('measures.name'), value: ({ measure }) => say(measure.name) },
    { key: 'gateway', title: t('fleet.column.name'), value: ({ one }) => one.gateway },
    { key: 'requirement', title: t('contradicted.export.setting'), value: ({ one }) => one.requirement, text: ({ one }) => requirementName(one.requirement) },
    { key: 'standing', title: t('contradicted.export.standing'), value: ({ one }) => one.standing, text: ({ one }) => standingWord(one.standing) },
    { key: 'at', title: t('contradicted.export.at'), value: ({ one }) => one.at, kind: 'time' },
    { key: 'is_contradicted', title: t('measures.contradicted'), value: ({ measure }) => measure.contradicted },
  ], measures.flatMap((measure) => measure.evidence.map((one) => ({ measure, one }))));

export const standingTables = (standing: Standing): ExportTable[] => [
  scoresTable(standing), themesTable(standing), stepsTable(standing), gradesTable(standing), measuresTable(standing.measures, standing), foundTable(standing),
];
