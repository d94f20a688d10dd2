// Short names for what the hub's API says of libraries and their frameworks.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Licence = Schemas['FrameworkSummary']['licence'];
export type FrameworkSummary = Schemas['FrameworkSummary'];
export type Library = Schemas['Library'];
export type LibraryImport = Schemas['LibraryImport'];
export type AssessmentSummary = Schemas['AssessmentSummary'];
