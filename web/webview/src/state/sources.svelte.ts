/** Buses, their meters and the profiles: read together, and again while the page is open. */
import { Resource, getAll } from '@haubert/ui';
import type { Bus, Device, Profile } from '../api/types.js';

export interface Sources {
  buses: Bus[];
  devices: Device[];
  profiles: Profile[];
}

export const sourcesResource = (): Resource<Sources> =>
  new Resource(async () => {
    const [buses, devices, profiles] = await Promise.all([getAll<Bus>('/buses'), getAll<Device>('/devices'), getAll<Profile>('/profiles')]);
    return { buses, devices, profiles };
  });
