// What can be assessed with, and where it came from: pure.
import type { FrameworkSummary, Library, Licence } from '../api/library-types';

/** A framework, or a library that has none and only says what belongs together. */
export interface Shelf {
  key: string;
  name: string;
  provider: string | null;
  licence: Licence;
  version: number;
  languages: readonly string[];
  measures: number;
  mappings: number;
  copyright: string | null;
  /** Nothing for a library without a framework. */
  framework: string | null;
  /** What can be removed; nothing for what came with the program. */
  library: Library | null;
}

/** What came with the program first. */
export function shelvesOf(frameworks: readonly FrameworkSummary[], libraries: readonly Library[]): Shelf[] {
  const brought = new Set(libraries.flatMap(({ framework }) => framework?.urn ?? []));
  return [
    ...frameworks
      .filter(({ urn }) => !brought.has(urn))
      .map(({ urn, name, provider, licence, version, languages, measures, copyright, ref_id }): Shelf => ({ key: urn, name, provider, licence, version, languages, measures, mappings: 0, copyright, framework: ref_id, library: null })),
    ...libraries.map((library): Shelf => ({
      key: library.id, name: library.framework?.name || library.name, provider: library.provider, licence: library.licence, version: library.version, languages: library.languages,
      measures: library.framework?.measures ?? 0, mappings: library.mappings, copyright: library.copyright, framework: library.framework?.ref_id ?? null, library,
    })),
  ];
}
