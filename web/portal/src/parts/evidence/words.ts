// What is told of files of evidence, in words.
import { formatTime, type RingState } from '@haubert/ui';
import { api } from '../../api/client';
import type { EvidenceFile, EvidenceVersion } from '../../api/audit-types';
import { t } from '../../i18n';
import { newest, validityOf, type Validity } from '../../state/evidence-files';

/** A day as it is written, in the reader's manner. */
export const dayText = (day: string): string => formatTime(`${day}T12:00:00`, 'date');

export const RINGS: Readonly<Record<Validity, RingState>> = { expired: 'fails', soon: 'weak', valid: 'holds', endless: 'holds' };

export function validityText(file: EvidenceFile, today: string): string {
  const validity = validityOf(file, today);
  const until = newest(file)?.valid_until;
  if (validity === 'endless' || !until) return t('files.endless');
  return t(validity === 'expired' ? 'files.expired' : validity === 'soon' ? 'files.until_soon' : 'files.until', { at: dayText(until) });
}

export const versionUrl = (file: EvidenceFile, version: EvidenceVersion): string =>
  api.url('/evidence/{id}/versions/{version}', { ids: { id: file.id, version: version.number } });

export const addedText = ({ added_by, added_at }: EvidenceVersion): string => t('files.added', { who: added_by, at: formatTime(added_at) });
