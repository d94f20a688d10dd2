// Files of evidence: what may be sent, what is told of those that are there. Pure.
import type { EvidenceFile, EvidenceKind, EvidenceVersion } from '../api/audit-types';

/** Most bytes of one file; the hub refuses more. */
export const MAX_BYTES = 20 * 1024 * 1024;
/** What the hub takes, by the endings that a name may have. It looks at the content, too. */
const ENDINGS: Readonly<Record<EvidenceKind, readonly string[]>> = {
  pdf: ['pdf'],
  png: ['png'],
  jpeg: ['jpg', 'jpeg'],
  webp: ['webp'],
  text: ['txt', 'csv', 'tsv', 'log', 'md', 'cfg', 'conf', 'ini', 'json'],
  docx: ['docx'],
  xlsx: ['xlsx'],
  odt: ['odt'],
  ods: ['ods'],
  pcap: ['pcap', 'pcapng', 'cap'],
};
const all = Object.values(ENDINGS).flat();
export const ACCEPT = all.map((ending) => `.${ending}`).join(',');

export type Refusal = 'empty' | 'too_large' | 'not_taken';

/** Why a file need not even be sent. One whose name has no ending is left to the hub. */
export function refusalOf({ name, size }: { name: string; size: number }): Refusal | null {
  if (size === 0) return 'empty';
  if (size > MAX_BYTES) return 'too_large';
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending === undefined || all.includes(ending) ? null : 'not_taken';
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
