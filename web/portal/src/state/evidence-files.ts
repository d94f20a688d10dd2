// Files of evidence: what may be sent, what is told of those that are there. Pure.
import type { EvidenceFile, EvidenceVersion } from '../api/audit-types';
import type { EvidenceLimits } from '../api/limit-types';

/** For a dialog that chooses files; everything until it is known what is taken. */
export const acceptOf = (limits: EvidenceLimits | null): string => (limits?.kinds ?? []).flatMap(({ endings }) => endings.map((ending) => `.${ending}`)).join(',');
/** Whole MiB, never more than are taken. */
export const mebibytes = (bytes: number): number => Math.floor(bytes / (1024 * 1024));

export type Refusal = 'empty' | 'too_large' | 'not_taken';

/** Why a file need not even be sent. One whose name has no ending is left to the hub, which looks at the content, too. */
export function refusalOf({ name, size }: { name: string; size: number }, limits: EvidenceLimits | null): Refusal | null {
  if (size === 0) return 'empty';
  if (limits === null) return null;
  if (size > limits.file_bytes) return 'too_large';
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending === undefined || limits.kinds.some(({ endings }) => endings.includes(ending)) ? null : 'not_taken';
}

export const newest = (file: EvidenceFile): EvidenceVersion | undefined => file.versions.at(-1);
export const measuresOf = (file: EvidenceFile): string[] => [...new Set(file.links.map(({ measure }) => measure))].sort();
export const isAttached = (file: EvidenceFile, measure: string): boolean => file.links.some((link) => link.measure === measure);

/** Bytes taken: the hub keeps the same content once. */
export function roomUsed(files: readonly EvidenceFile[]): number {
  const contents = new Map(files.flatMap(({ versions }) => versions.map(({ sha256, bytes }) => [sha256, bytes] as const)));
  return [...contents.values()].reduce((sum, bytes) => sum + bytes, 0);
}

export type Validity = 'expired' | 'soon' | 'valid' | 'endless';
const SOON_DAYS = 30;

/** How long the version that counts still proves something. `today` is a day, `2027-03-31`. */
export function validityOf(file: EvidenceFile, today: string): Validity {
  const until = newest(file)?.valid_until ?? null;
  if (file.is_expired) return 'expired';
  if (until === null) return 'endless';
  return Date.parse(until) - Date.parse(today) <= SOON_DAYS * 86_400_000 ? 'soon' : 'valid';
}

export type FileFilter = 'all' | 'expired' | 'loose';
export const FILE_FILTERS: readonly FileFilter[] = ['all', 'expired', 'loose'];

export const siftedFiles = (files: readonly EvidenceFile[], filter: FileFilter, measure: string): EvidenceFile[] =>
  files.filter((file) => {
    if (filter === 'expired' && !file.is_expired) return false;
    if (filter === 'loose' && file.links.length > 0) return false;
    return measure === '' || isAttached(file, measure);
  });
