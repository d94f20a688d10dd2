// What the inventory filters, checks and compares: pure, so that it does not depend on the screen.
import { fold } from '@haubert/ui';
import type { AdvisoryMatch, AdvisoryState, AdvisorySummary, Asset, AssetBody, AssetField } from '../api/inventory-types';
import type { Taxonomies, Words } from '../api/standing-types';

export const CRITICALITIES = [1, 2, 3, 4] as const;
/** In place of a zone's id: assets that are in none. */
export const NO_ZONE = 'none';
/** The worst first. */
export const STATES: readonly AdvisoryState[] = ['affected', 'possibly', 'under_investigation', 'fixed', 'not_affected'];
/** Somebody has to look at these. */
export const OPEN_STATES: readonly AdvisoryState[] = ['affected', 'possibly', 'under_investigation'];
export const ORIGINS = ['people', 'gateway', 'gone'] as const;
export type Classes = Taxonomies['assets']['items'];

/** What bears on an asset: an advisory, and how the asset stands. */
export interface Borne {
  advisory: AdvisorySummary;
  state: AdvisoryState;
}
/** By asset, the worst first; only what somebody has to look at. */
export function bearingsOf(matches: readonly AdvisoryMatch[]): ReadonlyMap<string, Borne[]> {
  const all = new Map<string, Borne[]>();
  for (const { advisory, assets } of matches) {
    for (const { asset_id, state } of assets) {
      if (OPEN_STATES.includes(state)) all.set(asset_id, [...(all.get(asset_id) ?? []), { advisory, state }]);
    }
  }
  for (const borne of all.values()) borne.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || (b.advisory.score ?? 0) - (a.advisory.score ?? 0));
  return all;
}

export interface AssetFilter {
  text: string;
  class: string;
  /** A zone's id, `NO_ZONE`, or whatever. */
  zone: string;
  origin: (typeof ORIGINS)[number] | '';
  /** At least as critical; empty for all. */
  criticality: string;
  /** Only what an advisory bears on. */
  borne: boolean;
}
export const NO_FILTER: AssetFilter = { text: '', class: '', zone: '', origin: '', criticality: '', borne: false };

/** `words` gives what is looked through besides what the asset says itself: its class, zone and site by name. */
export function sifted(assets: readonly Asset[], filter: AssetFilter, bearings: ReadonlyMap<string, Borne[]>, words: (asset: Asset) => string): Asset[] {
  const wanted = fold(filter.text).split(/\s+/).filter(Boolean);
  return assets.filter((asset) => {
    if (filter.class !== '' && asset.class !== filter.class) return false;
    if (filter.zone !== '' && (asset.zone_id ?? NO_ZONE) !== filter.zone) return false;
    if (filter.origin === 'gone' ? asset.gone_at === null : filter.origin !== '' && asset.origin !== filter.origin) return false;
    if (filter.criticality !== '' && asset.criticality < Number(filter.criticality)) return false;
    if (filter.borne && !bearings.has(asset.id)) return false;
    const all = fold([asset.name, asset.owner, asset.make, asset.model, asset.version, asset.serial, asset.address, asset.note, words(asset)].join(' '));
    return wanted.every((word) => all.includes(word));
  });
}

export const classOf = (classes: Classes, id: string) => classes.find((one) => one.id === id);
/** The name of the kind where it is known, else of the class. */
export function typeOf(classes: Classes, asset: Pick<AssetBody, 'class' | 'kind'>): { class: Words | null; kind: Words | null } {
  const family = classOf(classes, asset.class);
  return { class: family?.title ?? null, kind: family?.entries.find(({ id }) => id === asset.kind)?.title ?? null };
}

export const newBody = (rest: Partial<AssetBody> = {}): AssetBody => ({
  name: '', class: '', kind: null, owner: '', site_id: null, criticality: 2, make: '', model: '', version: '', serial: '', address: '', zone_id: null, note: '', revision: 0, ...rest,
});
/** What can be set of an asset, as it is now. */
export const bodyOf = (asset: AssetBody): AssetBody => {
  const { name, class: family, kind, owner, site_id, criticality, make, model, version, serial, address, zone_id, note, revision } = asset;
  return { name, class: family, kind, owner, site_id, criticality, make, model, version, serial, address, zone_id, note, revision };
};
/** What a gateway says goes back as it came: even its spaces are the gateway's. */
export function trimmed(body: AssetBody, told: readonly AssetField[]): AssetBody {
  const tidy = (field: 'name' | 'owner' | 'make' | 'model' | 'version' | 'serial' | 'address') => (told.includes(field) ? body[field] : body[field].trim());
  return { ...body, name: tidy('name'), owner: tidy('owner'), make: tidy('make'), model: tidy('model'), version: tidy('version'), serial: tidy('serial'), address: tidy('address'), note: body.note.trim() };
}
/** What the hub would refuse, by field. */
export const faultsOf = ({ name, class: family }: AssetBody): Readonly<Record<string, 'name' | 'class'>> => ({
  ...(name === '' ? { name: 'name' as const } : {}),
  ...(family === '' ? { class: 'class' as const } : {}),
});

const COMPARED = ['name', 'class', 'kind', 'owner', 'site_id', 'criticality', 'make', 'model', 'version', 'serial', 'address', 'zone_id', 'note'] as const;
export type Compared = (typeof COMPARED)[number];
export const differing = (mine: AssetBody, theirs: AssetBody): Compared[] => COMPARED.filter((field) => mine[field] !== theirs[field]);
