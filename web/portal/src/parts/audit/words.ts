// What is told of findings, in words and rings.
import { ApiError, formatTime, type RingState } from '@haubert/ui';
import type { EvidenceFile, FindingBody, FindingGrade, FindingSaid } from '../../api/audit-types';
import { t } from '../../i18n';
import type { FindingField } from '../../state/audit';

export const GRADE_RINGS: Readonly<Record<FindingGrade, RingState>> = { major: 'fails', minor: 'weak', observation: 'declared', good_practice: 'holds' };
export const dayText = (day: string): string => formatTime(`${day}T12:00:00`, 'date');
export const isChangedMeanwhile = (error: unknown): boolean => error instanceof ApiError && error.code === 'changed_meanwhile';

/** A file that a finding names stays named when it is gone. */
export const fileTitle = (id: string, files: readonly EvidenceFile[]): string => files.find((file) => file.id === id)?.title ?? t('finding.evidence_gone');

export const fieldName = (field: FindingField): string => t(`finding.${field}`);
export function fieldText(field: FindingField, said: FindingSaid | FindingBody, files: readonly EvidenceFile[]): string {
  if (field === 'grade') return t(`grade.${said.grade}`);
  if (field === 'evidence') return said.evidence.map((id) => fileTitle(id, files)).join(', ') || '–';
  if (field === 'due') return said.due === null ? '–' : dayText(said.due);
  return said[field] || '–';
}
