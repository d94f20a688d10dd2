// Short names for what the hub's API says of progress and comparison.
import type { components } from './schema';

type Schemas = components['schemas'];

/** A day that was kept before a figure was followed lacks it. */
export type IndicatorDay = Partial<Schemas['IndicatorValues']> & { day: string };
export type OrganisationToday = Schemas['OrganisationToday'];
export type Benchmark = Schemas['Benchmark'];
export type ComparedFigure = Schemas['ComparedFigure'];
export type Peers = Schemas['Peers'];
