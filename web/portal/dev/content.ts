// The shipped content, as the pretend hub serves it: measures and themes, sheets, scenarios, lists. A change shows after a new start.
import type { GuideEntry, GuideSheet, MeasureStanding, Scenario, Taxonomies, Words } from '../src/api/standing-types.ts';
import { tableOf, tablesIn, textOf } from './toml.ts';

export interface Measure extends Pick<MeasureStanding, 'id' | 'theme' | 'name' | 'importance' | 'effort' | 'cost'> {
  weight: number;
}

/** The framework is YAML made by us, with one key a line: what is needed of it can be picked. */
function nodes() {
  const blocks = textOf('frameworks/haubert-port.yaml').split(/\n {6}- urn: urn:haubert:risk:req_node:haubert-port:/).slice(1);
  return blocks.map((block) => {
    const pick = (key: string, indent: number) => new RegExp(`\\n {${indent}}${key}: '?(.+?)'?(?=\\n)`).exec(block)?.[1]?.replaceAll("''", "'") ?? '';
    return { id: pick('ref_id', 8), name: { en: pick('name', 8), fr: pick('name', 12) }, parent: pick('parent_urn', 8).split(':').at(-1) ?? '', importance: pick('importance', 8), weight: Number(pick('weight', 8)) || 1 };
  });
}
const all = nodes();
export const themes: { id: string; name: Words }[] = all.filter(({ parent }) => parent === '').map(({ id, name }) => ({ id, name }));

const costs = new Map(tableOf<{ cost: Pick<Measure, 'effort' | 'cost'> & { measure: string }[] }>('frameworks/haubert-port.toml').cost.map((one) => [one.measure, one as unknown as Measure]));
export const measures: Measure[] = all
  .filter(({ parent }) => parent !== '')
  .map(({ id, name, parent, importance, weight }) => ({
    id, name, weight, theme: parent, importance: (importance || 'recommended') as Measure['importance'], effort: costs.get(id)?.effort ?? 'M', cost: costs.get(id)?.cost ?? 'low',
  }));

const themeName = (id: string): Words => themes.find((theme) => theme.id === id)?.name ?? { en: id, fr: id };
export const sheets = new Map(tablesIn<GuideSheet['sheet']>('guide').map((sheet) => [sheet.measure, sheet]));
export const guide: GuideEntry[] = measures.map(({ id, name, theme, importance, effort, cost }) => ({
  measure: id, name, importance, effort, cost, theme: themeName(theme), summary: sheets.get(id)?.summary ?? name, keywords: sheets.get(id)?.keywords ?? { en: [], fr: [] },
}));

export const scenarios = tablesIn<Scenario>('scenarios');

export interface LabelFile {
  title: Words;
  grade: { id: string; title: Words; says: Words; months: number; track: 'declared' | 'evidenced' | 'audited'; known: number; score: number; themes: number; mandatory: number; audit: boolean }[];
}
export const labelFile = tableOf<LabelFile>('label/en-route-vers.toml');

type Entries = Taxonomies['services']['items'];
interface ListFile {
  provenance: Taxonomies['services']['provenance'];
  kind?: Entries;
}
const list = (file: string) => tableOf<ListFile & Record<string, never>>(`taxonomies/${file}.toml`);
function families(file: string, outer: string, inner: string): Taxonomies['assets'] {
  const found = list(file);
  const groups = found[outer] as unknown as (Omit<Taxonomies['assets']['items'][number], 'entries'> & Record<string, Entries>)[];
  return { provenance: found.provenance, items: groups.map((group) => ({ id: group.id, title: group.title, entries: group[inner] ?? [] })) } as Taxonomies['assets'];
}
const entries = (file: string, name: string): Taxonomies['services'] => ({ provenance: list(file).provenance, items: list(file)[name] as unknown as Entries });
export const taxonomies: Taxonomies = {
  assets: families('assets', 'class', 'item'),
  threats: families('threats', 'family', 'entry'),
  services: entries('services', 'service'),
  actor_kinds: list('actors').kind ?? [],
  actors: entries('actors', 'actor'),
  impacts: entries('impacts', 'impact'),
  sources: entries('sources', 'source'),
};
