// Feared scenarios, and the course of an exercise, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Scenario } from '../../api/standing-types';
import { say, t } from '../../i18n';
import type { ScenarioRow } from '../../state/risk';

export const scenariosTable = (shown: readonly ScenarioRow[]): ExportTable =>
  tableOf('scenarios', t('scenarios.caption'), [
    { key: 'id', title: t('export.id'), value: ({ scenario }) => scenario },
    { key: 'title', title: t('scenarios.name'), value: ({ title }) => say(title) },
    { key: 'is_picked', title: t('scenarios.picked'), value: ({ is_picked }) => is_picked },
    { key: 'gravity', title: t('register.export.gravity'), value: ({ gravity }) => gravity },
    { key: 'likelihood', title: t('register.export.likelihood'), value: ({ likelihood }) => likelihood },
    { key: 'level', title: t('scenarios.level'), value: ({ level }) => level, text: ({ level }) => t(`level.${level}`) },
    { key: 'residual_likelihood', title: t('register.export.current_likelihood'), value: ({ residual_likelihood }) => residual_likelihood },
    { key: 'residual_level', title: t('scenarios.residual'), value: ({ residual_level }) => residual_level, text: ({ residual_level }) => t(`level.${residual_level}`) },
    { key: 'proposed_gravity', title: `${t('scenarios.proposed')} (G)`, value: ({ proposed }) => proposed.gravity },
    { key: 'proposed_likelihood', title: `${t('scenarios.proposed')} (V)`, value: ({ proposed }) => proposed.likelihood },
    {
      key: 'stages_cut',
      title: t('scenarios.stages'),
      value: ({ stages }) => stages.filter(isCut).map(({ stage }) => stage),
      text: ({ stages }) => stages.filter(isCut).map(({ stage }) => t(`stage.${stage}`)).join(', '),
    },
  ], shown);

const isCut = ({ ring }: ScenarioRow['stages'][number]): boolean => ring === 'holds' || ring === 'declared';

export const injectsTable = ({ inject }: Scenario): ExportTable =>
  tableOf('exercise', t('scenarios.exercise'), [
    { key: 'minute', title: t('scenarios.exercise_time'), value: ({ minute }) => minute },
    { key: 'to', title: t('scenarios.inject_to'), value: ({ to }) => say(to) },
    { key: 'text', title: t('scenarios.inject_text'), value: ({ text }) => say(text) },
    { key: 'expected', title: t('scenarios.inject_expected'), value: ({ expected }) => say(expected) },
  ], inject);
