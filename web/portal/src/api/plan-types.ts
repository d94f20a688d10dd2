// Short names for what the hub's API says of plans of action and labels.
import type { components } from './schema';

type Schemas = components['schemas'];

export type ActionState = Schemas['ActionState'];
export type Action = Schemas['Action'];
export type ActionBody = Schemas['ActionBody'];
export type NextStep = Schemas['NextStep'];

export type LabelAward = Schemas['LabelAward'];
export type LabelState = Schemas['LabelState'];
export type PublicLabel = Schemas['PublicLabel'];
