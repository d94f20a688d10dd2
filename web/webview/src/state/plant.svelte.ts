/** The site, its zones and its loads: small, shared by most pages, read again after each change. */
import { Resource, colorOf } from '@haubert/ui';
import { api } from '../api/client.js';
import type { Load, Site, Zone } from '../api/types.js';

interface Plant {
  site: Site;
  zones: Zone[];
  loads: Load[];
}

class PlantState {
  resource = new Resource<Plant>(async (signal) => {
    const [site, zones, loads] = await Promise.all([api.get('/site', { signal }), api.all('/zones', { signal }), api.all('/loads', { signal })]);
    return { site, zones, loads };
  });

  get site(): Site | null {
    return this.resource.data?.site ?? null;
  }
  get zones(): Zone[] {
    return this.resource.data?.zones ?? [];
  }
  get loads(): Load[] {
    return this.resource.data?.loads ?? [];
  }
  /** The site's zone: what charts and consumption are told in. */
  get timeZone(): string | undefined {
    return this.site?.time_zone;
  }
  #ids = $derived(this.loads.map((load) => load.id));

  reload(): Promise<void> {
    return this.resource.reload();
  }
  load(id: string | null): Load | undefined {
    return this.loads.find((load) => load.id === id);
  }
  zoneName(id: string | null): string | undefined {
    return this.zones.find((zone) => zone.id === id)?.name;
  }
  /** The same colour for the same load everywhere. */
  loadColor(id: string): string {
    return colorOf(id, this.#ids);
  }
}

export const plant = new PlantState();
