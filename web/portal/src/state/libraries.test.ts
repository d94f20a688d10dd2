import { expect, it } from 'vitest';
import type { FrameworkSummary, Library } from '../api/library-types';
import { shelvesOf } from './libraries';

const framework = (ref_id: string, shipped: boolean): FrameworkSummary => ({ ref_id, urn: `urn:${ref_id}`, name: ref_id, description: '', provider: null, copyright: null, licence: 'open', version: 1, languages: ['en'], measures: 3, shipped });
const library = (id: string, held: FrameworkSummary | null): Library => ({
  id, urn: `urn:lib:${id}`, ref_id: id, name: `Library ${id}`, description: '', provider: 'P', packager: null, copyright: null, licence: 'restricted', entitled_because: 'bought', version: 2, languages: ['fr'], framework: held, mappings: 7, imported_at: '', imported_by: '',
});

it('shows what came with the program first, and each imported framework once', () => {
  const brought = framework('iso', false);
  const shelves = shelvesOf([framework('own', true), brought], [library('a', brought), library('b', null)]);
  expect(shelves.map(({ name, framework: ref, measures, library: from }) => [name, ref, measures, from?.id ?? null])).toEqual([['own', 'own', 3, null], ['iso', 'iso', 3, 'a'], ['Library b', null, 0, 'b']]);
});
