// Where other texts ask the same as a measure.
import type { References } from '../../api/standing-types';

type Text = Exclude<keyof References, 'id'>;
const TEXTS: readonly Text[] = ['nis2_art_21', 'recyf', 'anssi_hygiene', 'iec_62443_3_3', 'iso_27002_2022'];

/** The texts that a measure refers to, each with its identifiers. */
export const citedIn = (references: References): { name: Text; ids: string }[] =>
  TEXTS.flatMap((name) => (references[name].length > 0 ? [{ name, ids: references[name].join(', ') }] : []));
