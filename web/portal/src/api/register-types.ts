// Short names for what the hub's API says of the risk register.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Treatment = Schemas['Treatment'];
export type TreatmentWay = Treatment['way'];
export type RiskAlert = Schemas['RiskAlert'];
export type RiskState = Schemas['RiskState'];
export type RiskBody = Schemas['RiskBody'];
export type Risk = Schemas['Risk'];
export type Former = Schemas['Former'];
