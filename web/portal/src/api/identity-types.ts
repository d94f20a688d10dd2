// Short names for what the hub's API says of identity providers.
import type { components } from './schema';

type Schemas = components['schemas'];

export type IdentityProvider = Schemas['IdentityProvider'];
export type Identity = Schemas['Identity'];
