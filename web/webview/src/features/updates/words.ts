/** Rings of the updates page. */
import type { RingState } from '@haubert/ui';
import type { BootView, PastUpdate } from '../../api/types.js';

export const INTEGRITY_RING: Record<BootView['integrity'], RingState> = { ok: 'holds', unsigned: 'unknown', tampered: 'fails' };
export const outcomeRing = (outcome: PastUpdate['outcome']): RingState => (outcome === 'committed' ? 'holds' : 'fails');

/** The notes in the reader's language, else in any. */
export const notesOf = (notes: Readonly<Record<string, string>>, language: string): string => notes[language] ?? notes['en'] ?? Object.values(notes)[0] ?? '';
