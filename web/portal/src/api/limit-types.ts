// Short names for what the hub's API says of the most that it takes.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Limits = Schemas['Limits'];
export type EvidenceLimits = Schemas['EvidenceLimits'];
