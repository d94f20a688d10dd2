// Short names for what the hub's API says of the risk register. The hub writes every field, even an empty one.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Treatment = Required<Schemas['Treatment']>;
export type TreatmentWay = Treatment['way'];
export type RiskAlert = Schemas['RiskAlert'];
export type RiskState = Schemas['RiskState'];
export type RiskBody = Omit<Required<Schemas['RiskBody']>, 'treatment'> & { treatment: Treatment };
export type Risk = RiskBody & Omit<Required<Schemas['Risk']>, keyof RiskBody>;
export type Former = Schemas['Former'];
