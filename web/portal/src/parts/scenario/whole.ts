// One feared scenario as it concerns one company, to be taken along whole: what its page shows, panel by panel.
import { tableOf, tu, type ExportColumn, type ExportTable, type RingState } from '@haubert/ui';
import type { Criteria, MeasureStanding, RatedScenario, Scenario, Taxonomies } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { guide } from '../../state/guide.svelte';
import { injectsTable } from './export';

type Stage = Scenario['stage'][number];
export const FACTS = ['services', 'assets', 'threats', 'sources', 'impacts', 'actors'] as const;
export const CRITERIA: readonly (keyof Criteria)[] = ['confidentiality', 'integrity', 'availability', 'traceability'];

/** The words of a taxonomy for some of its terms. */
export function termNames({ items }: Taxonomies[(typeof FACTS)[number]], ids: readonly string[]): string {
  const titles = new Map(items.map(({ id, title }) => [id, say(title)]));
  return ids.map((id) => titles.get(id) ?? id).join(', ');
}

const aboutTable = (scenario: Scenario, rated: RatedScenario, taxonomies: Taxonomies): ExportTable =>
  tableOf('scenario', t('scenarios.name'), [
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
    { key: 'title', title: t('scenarios.name'), value: ({ title }) => say(title) },
    { key: 'summary', title: t('scenarios.story'), value: ({ summary }) => say(summary) },
    { key: 'is_picked', title: t('scenarios.picked'), value: () => rated.is_picked },
    { key: 'gravity', title: t('register.export.gravity'), value: () => rated.gravity },
    { key: 'likelihood', title: t('register.export.likelihood'), value: () => rated.likelihood },
    { key: 'level', title: t('scenarios.level'), value: () => rated.level, text: () => t(`level.${rated.level}`) },
    { key: 'residual_likelihood', title: t('register.export.current_likelihood'), value: () => rated.residual_likelihood },
    { key: 'residual_level', title: t('scenarios.residual'), value: () => rated.residual_level, text: () => t(`level.${rated.residual_level}`) },
    { key: 'proposed_gravity', title: `${t('scenarios.proposed')} (G)`, value: ({ gravity }) => gravity },
    { key: 'proposed_likelihood', title: `${t('scenarios.proposed')} (V)`, value: ({ likelihood }) => likelihood },
    { key: 'note', title: t('rating.note'), value: () => rated.note },
    ...FACTS.map((kind): ExportColumn<Scenario> => ({ key: kind, title: t(`scenarios.${kind}`), value: (one) => one[kind], text: (one) => termNames(taxonomies[kind], one[kind]) })),
    ...CRITERIA.map((criterion): ExportColumn<Scenario> => ({ key: criterion, title: t(`criterion.${criterion}`), value: ({ criteria }) => criteria[criterion] })),
    { key: 'clocks', title: t('scenarios.clocks'), value: ({ clocks }) => clocks, text: ({ clocks }) => clocks.map((clock) => t.dynamic(`clock.${clock}`, undefined, clock)).join(', ') },
    { key: 'clocks_if', title: t('scenarios.export.clocks_if'), value: ({ clocks_if }) => (clocks_if ? say(clocks_if) : null) },
  ], [scenario]);

/** One line for each measure that cuts a stage; a stage that none cuts has a line too. */
export function stagesTable(scenario: Scenario, rated: RatedScenario, measures: readonly MeasureStanding[]): ExportTable {
  const known = new Map(measures.map((measure) => [measure.id, measure]));
  const viewed = new Map(rated.stages.map((view) => [view.stage, view]));
  const rows = scenario.stage.flatMap((stage): { stage: Stage; measure: string | null }[] => (stage.measures.length === 0 ? [{ stage, measure: null }] : stage.measures.map((measure) => ({ stage, measure }))));
  const ringOf = (measure: string | null): RingState | null => (measure === null ? null : (known.get(measure)?.ring ?? null));
  const ringText = (measure: string | null): string => {
    const ring = ringOf(measure);
    return measure === null ? '' : ring === null ? t('scenarios.not_asked') : tu(`ring.${ring}`);
  };
  return tableOf('stages', t('scenarios.chain'), [
    { key: 'stage', title: t('scenarios.export.stage'), value: ({ stage }) => stage.stage, text: ({ stage }) => t(`stage.${stage.stage}`) },
    { key: 'text', title: t('scenarios.story'), value: ({ stage }) => say(stage.text) },
    { key: 'stage_state', title: t('scenarios.export.stage_state'), value: ({ stage }) => viewed.get(stage.stage)?.ring, text: ({ stage }) => tu(`ring.${viewed.get(stage.stage)?.ring ?? 'unknown'}`) },
    { key: 'cut_by', title: t('scenarios.export.cut_by'), value: ({ stage }) => viewed.get(stage.stage)?.by },
    { key: 'measure', title: t('measures.id'), value: ({ measure }) => measure },
    { key: 'measure_name', title: t('measures.name'), value: ({ measure }) => measure && guide.name(measure) },
    { key: 'measure_state', title: t('measures.state'), value: ({ measure }) => ringOf(measure), text: ({ measure }) => ringText(measure) },
    { key: 'techniques', title: t('scenarios.export.techniques'), value: ({ stage }) => stage.attack },
  ], rows);
}

const reflexTable = ({ reflex }: Scenario): ExportTable =>
  tableOf('reflex', t('scenarios.reflex'), [
    { key: 'phase', title: t('scenarios.export.phase'), value: ({ phase }) => phase, text: ({ phase }) => t(`phase.${phase}`) },
    { key: 'who', title: t('scenarios.reflex_who'), value: ({ who }) => say(who) },
    { key: 'text', title: t('scenarios.reflex_what'), value: ({ text }) => say(text) },
  ], reflex);

const detectionsTable = ({ detection }: Scenario): ExportTable =>
  tableOf('detections', t('scenarios.detections'), [
    { key: 'text', title: t('scenarios.reflex_what'), value: ({ text }) => say(text) },
    { key: 'sees', title: t('scenarios.export.sees'), value: ({ sees }) => sees, text: ({ sees }) => t.dynamic(`sees.${sees}`, undefined, sees) },
    { key: 'measure', title: t('measures.id'), value: ({ measure }) => measure },
    { key: 'measure_name', title: t('measures.name'), value: ({ measure }) => measure && guide.name(measure) },
  ], detection);

const eventsTable = ({ public_event }: Scenario): ExportTable =>
  tableOf('events', t('scenarios.events'), [
    { key: 'title', title: t('scenarios.export.event'), value: ({ title }) => say(title) },
    { key: 'source', title: t('scenarios.export.source'), value: ({ source }) => source },
    { key: 'verified', title: t('scenarios.export.verified'), value: ({ verified }) => verified },
  ], public_event ?? []);

export const scenarioTables = (scenario: Scenario, rated: RatedScenario, measures: readonly MeasureStanding[], taxonomies: Taxonomies): ExportTable[] => [
  aboutTable(scenario, rated, taxonomies), stagesTable(scenario, rated, measures), reflexTable(scenario), injectsTable(scenario), detectionsTable(scenario), eventsTable(scenario),
];
