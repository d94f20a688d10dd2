// Words for what the register shows in several places.
import type { Action } from '../../api/plan-types';
import type { Risk, RiskBody } from '../../api/register-types';
import type { RatedScenario } from '../../api/standing-types';
import { say, t } from '../../i18n';
import { differing, type Compared, type Spot } from '../../state/register';
import type { Meanwhile } from '../meanwhile';
import { dayText, titlesOf } from '../plan/words';

export const spotText = ({ gravity, likelihood }: Spot): string => t('register.spot', { gravity, likelihood });

export const scenarioText = (scenario: string | null, rated: readonly RatedScenario[]): string => {
  const found = rated.find((one) => one.scenario === scenario);
  return scenario === null ? '' : found ? `${say(found.title)} (${scenario})` : scenario;
};

/** One field of a risk, in words. */
export function valueText(field: Compared, body: RiskBody, actions: readonly Action[], rated: readonly RatedScenario[]): string {
  const { treatment } = body;
  const text = {
    title: body.title,
    description: body.description,
    scenario: scenarioText(body.scenario, rated),
    owner: body.owner,
    gravity: `G${body.gravity}`,
    likelihood: `V${body.likelihood}`,
    way: t(`way.${treatment.way}`),
    words: treatment.words,
    left: spotText(treatment),
    accepted_by: treatment.accepted_by,
    accepted_until: treatment.accepted_until === null ? '' : dayText(treatment.accepted_until),
    actions: titlesOf(body.actions, actions),
    review_months: String(body.review_months),
    reviewed_on: dayText(body.reviewed_on),
    state: t(body.state === 'open' ? 'register.open' : 'register.closed'),
  }[field];
  return text || t('risk_form.nothing');
}

export const fieldName = (field: Compared): string => {
  const names = {
    title: 'risk_form.title', description: 'risk_form.description', scenario: 'register.scenario', owner: 'register.owner', gravity: 'risk_form.gravity',
    likelihood: 'risk_form.likelihood', way: 'register.way', words: 'risk_form.words', left: 'risk_form.left', accepted_by: 'risk_form.accepted_by',
    accepted_until: 'risk_form.accepted_until', actions: 'risk_form.actions', review_months: 'risk_form.months', reviewed_on: 'risk_form.reviewed_on', state: 'risk_form.state',
  } as const;
  return t(names[field]);
};

export function meanwhile(theirs: Risk | 'deleted', mine: RiskBody, actions: readonly Action[], rated: readonly RatedScenario[]): Meanwhile {
  if (theirs === 'deleted') return { says: t('risk_form.theirs_deleted'), fields: [], takeLabel: '' };
  const fields = differing(mine, theirs).map((field) => ({ name: fieldName(field), text: valueText(field, theirs, actions, rated) }));
  return { says: t(fields.length > 0 ? 'risk_form.theirs' : 'risk_form.theirs_same', { who: theirs.changed_by }), fields, takeLabel: t('risk_form.take_theirs') };
}
