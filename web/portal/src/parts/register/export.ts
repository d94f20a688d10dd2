// The register to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Action } from '../../api/plan-types';
import type { RatedScenario } from '../../api/standing-types';
import { t } from '../../i18n';
import type { Numbered } from '../../state/register';
import { titlesOf } from '../plan/words';
import { scenarioText } from './words';

export const registerTable = (shown: readonly Numbered[], actions: readonly Action[], rated: readonly RatedScenario[]): ExportTable =>
  tableOf('risks', t('register.title'), [
    { key: 'number', title: t('register.number'), value: ({ number }) => number },
    { key: 'title', title: t('register.risk'), value: ({ title }) => title },
    { key: 'description', title: t('risk_form.description'), value: ({ description }) => description },
    { key: 'scenario', title: t('register.scenario'), value: ({ scenario }) => scenario, text: ({ scenario }) => scenarioText(scenario, rated) },
    { key: 'owner', title: t('register.owner'), value: ({ owner }) => owner },
    { key: 'gravity', title: t('register.export.gravity'), value: ({ gravity }) => gravity },
    { key: 'likelihood', title: t('register.export.likelihood'), value: ({ likelihood }) => likelihood },
    { key: 'level', title: t('register.level'), value: ({ level }) => level, text: ({ level }) => t(`level.${level}`) },
    { key: 'current_likelihood', title: t('register.export.current_likelihood'), value: ({ current_likelihood, likelihood }) => current_likelihood ?? likelihood },
    { key: 'current_level', title: t('register.current'), value: ({ current_level }) => current_level, text: ({ current_level }) => t(`level.${current_level}`) },
    { key: 'target_gravity', title: t('register.export.left_gravity'), value: ({ treatment }) => treatment.gravity },
    { key: 'target_likelihood', title: t('register.export.left_likelihood'), value: ({ treatment }) => treatment.likelihood },
    { key: 'target_level', title: t('register.target'), value: ({ target_level }) => target_level, text: ({ target_level }) => t(`level.${target_level}`) },
    { key: 'way', title: t('register.way'), value: ({ treatment }) => treatment.way, text: ({ treatment }) => t(`way.${treatment.way}`) },
    { key: 'treatment', title: t('risk_form.words'), value: ({ treatment }) => treatment.words },
    { key: 'accepted_by', title: t('risk_form.accepted_by'), value: ({ treatment }) => treatment.accepted_by },
    { key: 'accepted_until', title: t('risk_form.accepted_until'), value: ({ treatment }) => treatment.accepted_until, kind: 'day' },
    { key: 'actions', title: t('risk_form.actions'), value: (risk) => risk.actions, text: (risk) => titlesOf(risk.actions, actions) },
    { key: 'alerts', title: t('register.alerts'), value: ({ alerts }) => alerts, text: ({ alerts }) => alerts.map((alert) => t(`alert.${alert}`)).join(', ') },
    { key: 'reviewed_on', title: t('register.export.reviewed'), value: ({ reviewed_on }) => reviewed_on, kind: 'day' },
    { key: 'review_on', title: t('register.review'), value: ({ review_on }) => review_on, kind: 'day' },
    { key: 'state', title: t('risk_form.state'), value: ({ state }) => state, text: ({ state }) => t(state === 'open' ? 'register.open' : 'register.closed') },
    { key: 'id', title: t('export.id'), value: ({ id }) => id },
  ], shown);
