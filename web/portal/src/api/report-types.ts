// Reports, as the hub describes them.
import type { components } from './schema';

type Schemas = components['schemas'];
export type Report = Schemas['Report'];
export type ReportBlock = Schemas['ReportBlock'];
