// The inventory of one organisation as its pages hold it, with what its rows refer to.
import { language } from '@haubert/ui';
import { api } from '../api/client';
import type { AdvisoryMatch, Asset, AssetBody, Zone } from '../api/inventory-types';
import type { Site } from '../api/types';
import { bearingsOf, type Classes } from './inventory';

export class Inventory {
  assets = $state.raw<readonly Asset[]>([]);
  zones = $state.raw<readonly Zone[]>([]);
  sites = $state.raw<readonly Site[]>([]);
  classes = $state.raw<Classes>([]);
  matches = $state.raw<readonly AdvisoryMatch[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  bearings = $derived(bearingsOf(this.matches));

  constructor(readonly organisation: string) {}

  /** Throws nothing: a page shows `error`. */
  async load(): Promise<void> {
    try {
      const ids = { id: this.organisation };
      const [zones, sites, taxonomies] = await Promise.all([api.all('/organisations/{id}/zones', { ids }), api.all('/sites'), api.get('/taxonomies'), this.reload()]);
      const collator = new Intl.Collator(language.locale, { numeric: true });
      this.zones = [...zones].sort((a, b) => collator.compare(a.name, b.name));
      this.sites = sites.filter(({ organisation_id }) => organisation_id === this.organisation).sort((a, b) => collator.compare(a.name, b.name));
      this.classes = taxonomies.assets.items;
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** A changed version is one that other advisories bear on: both are read together. */
  async reload(): Promise<void> {
    const ids = { id: this.organisation };
    const [assets, matches] = await Promise.all([api.all('/organisations/{id}/assets', { ids }), api.all('/organisations/{id}/advisories', { ids })]);
    this.assets = assets;
    this.matches = matches;
  }

  async add(body: AssetBody): Promise<void> {
    await api.post('/organisations/{id}/assets', { ids: { id: this.organisation }, body: { ...body, revision: 0 } });
    await this.reload();
  }

  async change(id: string, body: AssetBody): Promise<void> {
    await api.put('/assets/{id}', { ids: { id }, body });
    await this.reload();
  }

  async remove(id: string): Promise<void> {
    await api.delete('/assets/{id}', { ids: { id } });
    await this.reload();
  }
}
