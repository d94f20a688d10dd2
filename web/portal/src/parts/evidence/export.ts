// The files of an organisation to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { EvidenceFile } from '../../api/audit-types';
import { t } from '../../i18n';
import { measuresOf, newest } from '../../state/evidence-files';

export const filesTable = (files: readonly EvidenceFile[]): ExportTable =>
  tableOf('evidence', t('files.title'), [
    { key: 'title', title: t('files.name'), value: ({ file }) => file.title },
    { key: 'file_name', title: t('files.file'), value: ({ version }) => version?.file_name },
    { key: 'version', title: t('files.version_column'), value: ({ version }) => version?.number },
    { key: 'kind', title: t('files.kind'), value: ({ version }) => version?.kind, text: ({ version }) => (version ? t(`kind.${version.kind}`) : '') },
    { key: 'bytes', title: `${t('files.size')} (B)`, value: ({ version }) => version?.bytes },
    { key: 'measures', title: t('files.measure_column'), value: ({ file }) => measuresOf(file) },
    { key: 'added_at', title: t('files.added_column'), value: ({ version }) => version?.added_at, kind: 'time' },
    { key: 'added_by', title: t('files.by_column'), value: ({ version }) => version?.added_by },
    { key: 'valid_until', title: t('files.valid_until'), value: ({ version }) => version?.valid_until, kind: 'day' },
    { key: 'is_expired', title: t('files.filter.expired'), value: ({ file }) => file.is_expired },
    { key: 'note', title: t('files.note'), value: ({ version }) => version?.note },
    { key: 'sha256', title: 'SHA-256', value: ({ version }) => version?.sha256 },
  ], files.map((file) => ({ file, version: newest(file) })));
