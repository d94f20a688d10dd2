// What stood in the register before each change of a risk, to be taken along.
import type { ExportTable } from '@haubert/ui';
import type { Action } from '../../api/plan-types';
import type { Risk } from '../../api/register-types';
import type { RatedScenario } from '../../api/standing-types';
import { enteredOrChanged, pastTable, type Said } from '../past-table';
import { t } from '../../i18n';
import { COMPARED, differing, plainValue, type Compared, type Version } from '../../state/register';
import { fieldName, valueText } from './words';

const isSaid = ({ body }: Version, field: Compared): boolean => {
  const value = plainValue(body, field);
  return value !== null && (typeof value === 'number' || value.length > 0);
};

/** The newest first; what was entered at first stands in full. */
export function riskPastTable({ id, title }: Pick<Risk, 'id' | 'title'>, versions: readonly Version[], actions: readonly Action[], rated: readonly RatedScenario[]): ExportTable {
  const said = ({ body }: Version, field: Compared): Said => ({ value: plainValue(body, field), text: valueText(field, body, actions, rated) });
  const steps = versions.map((version, at) => {
    const earlier = versions[at + 1];
    const fields = earlier ? differing(version.body, earlier.body) : COMPARED.filter((field) => isSaid(version, field));
    return {
      at: version.at, by: version.by, revision: version.body.revision, done: enteredOrChanged(!earlier),
      told: fields.map((field) => ({ field: { key: field, text: fieldName(field) }, before: earlier ? said(earlier, field) : null, after: said(version, field) })),
    };
  });
  return pastTable('risk_history', t('past.title', { title }), { key: id, text: title }, steps);
}
