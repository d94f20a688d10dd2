// The lists as one kind of rows, whether they have families or not, and what of them is looked for. Pure.
import { fold } from '@haubert/ui';
import type { Taxonomies, Words } from '../api/standing-types';

export const LISTS = ['assets', 'threats', 'services', 'actors', 'impacts', 'sources'] as const;
export type ListName = (typeof LISTS)[number];
/** Lists whose things belong to groups, which are worth a column. */
export const GROUPED = ['assets', 'threats', 'actors'] as const;
export type Grouped = (typeof GROUPED)[number];
export const isGrouped = (list: ListName): list is Grouped => (GROUPED as readonly ListName[]).includes(list);

export interface Term {
  id: string;
  title: Words;
  group: { id: string; title: Words } | null;
  text: Words | null;
  misp: string | null;
}

export function termsOf(taxonomies: Taxonomies, list: ListName): Term[] {
  if (list === 'assets' || list === 'threats') {
    return taxonomies[list].items.flatMap(({ id, title, entries }) =>
      entries.map((entry) => ({ id: entry.id, title: entry.title, group: { id, title }, text: entry.text ?? null, misp: entry.misp ?? null })),
    );
  }
  const kinds = new Map(list === 'actors' ? taxonomies.actor_kinds.map((kind) => [kind.id, kind]) : []);
  return taxonomies[list].items.map((entry) => {
    const kind = kinds.get(entry.kind ?? '');
    return { id: entry.id, title: entry.title, group: kind ? { id: kind.id, title: kind.title } : null, text: entry.text ?? null, misp: entry.misp ?? null };
  });
}

/** Words are looked for in both languages: whoever reads French knows some terms in English only. */
export function termsWith(terms: readonly Term[], text: string): Term[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const both = (one: Words | null | undefined) => (one ? `${one.en} ${one.fr}` : '');
  return terms.filter(({ id, title, group, text: about, misp }) => {
    const all = fold([id, both(title), group?.id ?? '', both(group?.title), both(about), misp ?? ''].join(' '));
    return words.every((word) => all.includes(word));
  });
}
