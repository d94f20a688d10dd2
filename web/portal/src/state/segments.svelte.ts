// Zones and conduits of one organisation as the page holds them, with what the hub remarks on them.
import { api } from '../api/client';
import type { Asset, Conduit, ConduitBody, Segmentation, Zone, ZoneBody } from '../api/inventory-types';

export class Segments {
  zones = $state.raw<readonly Zone[]>([]);
  conduits = $state.raw<readonly Conduit[]>([]);
  assets = $state.raw<readonly Asset[]>([]);
  remarks = $state.raw<Segmentation['remarks']>([]);
  without = $state.raw<Segmentation['without_zone']>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);

  constructor(readonly organisation: string) {}

  /** Throws nothing: a page shows `error`. */
  async load(): Promise<void> {
    try {
      await this.reload();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async reload(): Promise<void> {
    const ids = { id: this.organisation };
    const [zones, conduits, assets, { remarks, without_zone }] = await Promise.all([
      api.all('/organisations/{id}/zones', { ids }),
      api.all('/organisations/{id}/conduits', { ids }),
      api.all('/organisations/{id}/assets', { ids }),
      api.get('/organisations/{id}/segmentation', { ids }),
    ]);
    // As entered: what is drawn keeps its place when something else is renamed.
    const oldest = <T extends { created_at: string; id: string }>(items: readonly T[]) => [...items].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id));
    this.zones = oldest(zones);
    this.conduits = oldest(conduits);
    this.assets = assets.filter(({ gone_at }) => gone_at === null).sort((a, b) => b.criticality - a.criticality);
    this.remarks = remarks;
    this.without = without_zone;
    this.loaded = true;
  }

  within = (zone: string): Asset[] => this.assets.filter(({ zone_id }) => zone_id === zone);
  joined = (zone: string): number => this.conduits.filter(({ from_zone_id, to_zone_id }) => from_zone_id === zone || to_zone_id === zone).length;
  zoneName = (id: string): string => this.zones.find((zone) => zone.id === id)?.name ?? '';

  /** Keeps a zone: the one named, else a new one. */
  async keepZone(id: string | null, body: ZoneBody): Promise<void> {
    if (id === null) await api.post('/organisations/{id}/zones', { ids: { id: this.organisation }, body: { ...body, revision: 0 } });
    else await api.put('/zones/{id}', { ids: { id }, body });
    await this.reload();
  }

  async keepConduit(id: string | null, body: ConduitBody): Promise<void> {
    if (id === null) await api.post('/organisations/{id}/conduits', { ids: { id: this.organisation }, body: { ...body, revision: 0 } });
    else await api.put('/conduits/{id}', { ids: { id }, body });
    await this.reload();
  }

  async removeZone(id: string): Promise<void> {
    await api.delete('/zones/{id}', { ids: { id } });
    await this.reload();
  }

  async removeConduit(id: string): Promise<void> {
    await api.delete('/conduits/{id}', { ids: { id } });
    await this.reload();
  }
}
