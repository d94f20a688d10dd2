// Short names for what the hub's API says of an organisation seen from another framework.
import type { components } from './schema';

type Schemas = components['schemas'];

export type MappingTarget = Schemas['MappingTarget'];
export type MappedMeasure = Schemas['MappedMeasure'];
export type MappedIdentifier = Schemas['MappedIdentifier'];
export type FrameworkMapping = Schemas['FrameworkMapping'];
