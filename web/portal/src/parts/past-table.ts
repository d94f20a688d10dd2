// What became of something over time: one line for each field that a step changed, the same for answers, findings and risks.
import { tableOf, type ExportTable, type ExportValue } from '@haubert/ui';
import { t } from '../i18n';

/** For programs, and for people. */
export interface Coded {
  key: string;
  text: string;
}
export interface Said {
  value: ExportValue;
  text: string;
}
export interface Told {
  field: Coded;
  /** Nothing where there was nothing before. */
  before: Said | null;
  after: Said;
}
export interface Step {
  at: string;
  by: string;
  revision: number;
  done: Coded;
  told: readonly Told[];
}

/** For what knows no other steps. */
export const enteredOrChanged = (isFirst: boolean): Coded => (isFirst ? { key: 'created', text: t('export.step.created') } : { key: 'changed', text: t('export.step.changed') });

/** A step that changed nothing that is shown has a line too, without a field. */
export function pastTable(key: string, title: string, about: Coded, steps: readonly Step[]): ExportTable {
  const rows = steps.flatMap((step): { step: Step; told?: Told }[] => (step.told.length === 0 ? [{ step }] : step.told.map((told) => ({ step, told }))));
  return tableOf(key, title, [
    { key: 'about', title: t('export.about'), value: () => about.key, text: () => about.text },
    { key: 'changed_at', title: t('export.changed_at'), value: ({ step }) => step.at, kind: 'time' },
    { key: 'changed_by', title: t('export.changed_by'), value: ({ step }) => step.by },
    { key: 'step', title: t('export.step'), value: ({ step }) => step.done.key, text: ({ step }) => step.done.text },
    { key: 'field', title: t('export.field'), value: ({ told }) => told?.field.key, text: ({ told }) => told?.field.text ?? '' },
    { key: 'before', title: t('export.before'), value: ({ told }) => told?.before?.value, text: ({ told }) => told?.before?.text ?? '' },
    { key: 'after', title: t('export.after'), value: ({ told }) => told?.after.value, text: ({ told }) => told?.after.text ?? '' },
    { key: 'revision', title: t('export.revision'), value: ({ step }) => step.revision },
  ], rows);
}
