// What the guide's page shows for what was typed and chosen.
import { fold } from '@haubert/ui';
import type { Effort, GuideEntry, Importance } from '../api/standing-types';

export interface GuideFilter {
  text: string;
  /** By its English name, which is the same in both languages' addresses. */
  theme: string;
  importance: Importance | '';
  effort: Effort | '';
}

/** Words are looked for in both languages: whoever reads French knows some terms in English only. */
const textOf = ({ measure, name, summary, keywords }: GuideEntry): string =>
  fold([measure, name.en, name.fr, summary.en, summary.fr, ...keywords.en, ...keywords.fr].join(' '));

export function searched(entries: readonly GuideEntry[], { text, theme, importance, effort }: GuideFilter): GuideEntry[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  return entries.filter(
    (entry) =>
      (theme === '' || entry.theme.en === theme) &&
      (importance === '' || entry.importance === importance) &&
      (effort === '' || entry.effort === effort) &&
      words.every((word) => textOf(entry).includes(word)),
  );
}

/** Entries under their theme, in the order in which they come. */
export function byTheme(entries: readonly GuideEntry[]): { theme: GuideEntry['theme']; entries: GuideEntry[] }[] {
  const groups = new Map<string, { theme: GuideEntry['theme']; entries: GuideEntry[] }>();
  for (const entry of entries) {
    const group = groups.get(entry.theme.en) ?? { theme: entry.theme, entries: [] };
    group.entries.push(entry);
    groups.set(entry.theme.en, group);
  }
  return [...groups.values()];
}
