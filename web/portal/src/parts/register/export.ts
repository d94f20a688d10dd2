// The register as a table for a spreadsheet, in the reader's language. Days and figures as spreadsheets read them.
import type { Action } from '../../api/plan-types';
import type { RatedScenario } from '../../api/standing-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import type { Numbered } from '../../state/register';
import { titlesOf } from '../plan/words';
import { scenarioText } from './words';

const head = () => [
  t('register.number'), t('register.risk'), t('risk_form.description'), t('register.scenario'), t('register.owner'), t('register.export.gravity'), t('register.export.likelihood'),
  t('register.level'), t('register.export.current_likelihood'), t('register.current'), t('register.export.left_gravity'), t('register.export.left_likelihood'), t('register.target'),
  t('register.way'), t('risk_form.words'), t('risk_form.accepted_by'), t('risk_form.accepted_until'), t('risk_form.actions'), t('register.alerts'), t('register.export.reviewed'), t('register.review'), t('risk_form.state'),
];

export function saveRegister(shown: readonly Numbered[], actions: readonly Action[], rated: readonly RatedScenario[], organisation: string): void {
  const rows = shown.map((risk) => [
    risk.number, risk.title, risk.description, scenarioText(risk.scenario, rated), risk.owner, risk.gravity, risk.likelihood,
    t(`level.${risk.level}`), risk.current_likelihood ?? risk.likelihood, t(`level.${risk.current_level}`), risk.treatment.gravity, risk.treatment.likelihood, t(`level.${risk.target_level}`),
    t(`way.${risk.treatment.way}`), risk.treatment.words, risk.treatment.accepted_by, risk.treatment.accepted_until ?? '', titlesOf(risk.actions, actions),
    risk.alerts.map((alert) => t(`alert.${alert}`)).join(', '), risk.reviewed_on, risk.review_on, t(risk.state === 'open' ? 'register.open' : 'register.closed'),
  ]);
  saveCsv([head(), ...rows], organisation, t('register.title'));
}
