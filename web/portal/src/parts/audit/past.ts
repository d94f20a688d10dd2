// What became of a finding, to be taken along.
import type { ExportTable } from '@haubert/ui';
import type { EvidenceFile, Finding, FindingChange } from '../../api/audit-types';
import { pastTable, type Said, type Told } from '../past-table';
import { t } from '../../i18n';
import { FINDING_FIELDS, differingFields, stepOf, type FindingField } from '../../state/audit';
import { fieldName, fieldText, fileTitle } from './words';

const words = (text: string): Said => ({ value: text, text });
const named = (ids: readonly string[], files: readonly EvidenceFile[]): Said => ({ value: ids, text: ids.map((id) => fileTitle(id, files)).join(', ') });
const isEmpty = (change: FindingChange, field: FindingField): boolean => change[field] === null || change[field]?.length === 0;

/** The fields that a step touched: of a correction its words and its files, of a verdict its words. */
function toldOf(step: ReturnType<typeof stepOf>, change: FindingChange, earlier: FindingChange | undefined, files: readonly EvidenceFile[]): Told[] {
  const { correction, verdict } = change;
  if (step === 'corrected' && correction) {
    const last = earlier?.correction;
    const shown = { field: { key: 'correction_evidence', text: t('finding.evidence') }, before: last ? named(last.evidence, files) : null, after: named(correction.evidence, files) };
    return [{ field: { key: 'correction', text: t('finding.correction') }, before: last ? words(last.words) : null, after: words(correction.words) }, ...(correction.evidence.length > 0 ? [shown] : [])];
  }
  if ((step === 'verified' || step === 'reopened') && verdict) {
    const last = earlier?.verdict;
    return [{ field: { key: 'verdict', text: t(verdict.is_accepted ? 'finding.verdict.accepted' : 'finding.verdict.refused') }, before: last ? words(last.words) : null, after: words(verdict.words) }];
  }
  const said = (one: FindingChange, field: FindingField): Said => ({ value: one[field], text: fieldText(field, one, files) });
  const fields = earlier ? differingFields(earlier, change) : FINDING_FIELDS.filter((field) => !isEmpty(change, field));
  return fields.map((field) => ({ field: { key: field, text: fieldName(field) }, before: earlier ? said(earlier, field) : null, after: said(change, field) }));
}

/** `changes` as the hub gives them, the oldest first; told as the screen tells them, the newest first. */
export function findingPastTable({ id, title }: Pick<Finding, 'id' | 'title'>, changes: readonly FindingChange[], files: readonly EvidenceFile[]): ExportTable {
  const steps = changes.map((change, at) => {
    const step = stepOf(changes[at - 1], change);
    return { at: change.changed_at, by: change.changed_by, revision: change.revision, done: { key: step, text: t(`finding.step.${step}`) }, told: toldOf(step, change, changes[at - 1], files) };
  });
  return pastTable('finding_history', t('finding.history_title'), { key: id, text: title }, steps.reverse());
}
