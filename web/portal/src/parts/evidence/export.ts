// The files of an organisation as a table for a spreadsheet, in the reader's language.
import { formatTime } from '@haubert/ui';
import type { EvidenceFile } from '../../api/audit-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import { measuresOf, newest } from '../../state/evidence-files';

export function saveFiles(files: readonly EvidenceFile[], organisation: string): void {
  const head = [t('files.name'), t('files.file'), t('files.version_column'), t('files.kind'), `${t('files.size')} (B)`, t('files.measure_column'), t('files.added_column'), t('files.by_column'), t('files.valid_until'), t('files.filter.expired'), t('files.note'), 'SHA-256'];
  const rows = files.map((file) => {
    const version = newest(file);
    return [
      file.title, version?.file_name ?? '', version?.number ?? '', version ? t(`kind.${version.kind}`) : '', version?.bytes ?? '', measuresOf(file).join(' '),
      version ? formatTime(version.added_at) : '', version?.added_by ?? '', version?.valid_until ?? '', t(file.is_expired ? 'measures.yes' : 'measures.no'), version?.note ?? '', version?.sha256 ?? '',
    ];
  });
  saveCsv([head, ...rows], organisation, t('files.title'));
}
