/** Buses, their meters and the profiles: read together, and again while the page is open. */
import { Resource } from '@haubert/ui';
import { api } from '../api/client.js';
import type { Bus, Device, Profile } from '../api/types.js';

export interface Sources {
  buses: Bus[];
  devices: Device[];
  profiles: Profile[];
}

export const sourcesResource = (): Resource<Sources> =>
  new Resource(async (signal) => {
    const [buses, devices, profiles] = await Promise.all([api.all('/buses', { signal }), api.all('/devices', { signal }), api.all('/device-profiles', { signal })]);
    return { buses, devices, profiles };
  });
