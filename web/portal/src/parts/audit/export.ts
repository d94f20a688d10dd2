// Findings as a table for a spreadsheet, in the reader's language.
import type { Finding } from '../../api/audit-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import { shownState } from '../../state/audit';

export function saveFindings(findings: readonly Finding[], auditTitle: (id: string) => string, organisation: string): void {
  const head = [t('finding.title'), t('finding.grade'), t('finding.measure'), t('finding.state_column'), t('finding.due'), t('finding.seen'), t('finding.recommendation'), t('finding.correction'), t('finding.audit'), t('audit.by')];
  const rows = findings.map((one) => {
    const state = shownState(one);
    return [one.title, t(`grade.${one.grade}`), one.measure, state === null ? '' : t(`finding.state.${state}`), one.due ?? '', one.seen, one.recommendation, one.correction?.words ?? '', auditTitle(one.assessment_id), one.created_by];
  });
  saveCsv([head, ...rows], organisation, t('finding.caption'));
}
