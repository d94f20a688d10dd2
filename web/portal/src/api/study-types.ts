// Short names for what the hub's API says of a study by EBIOS Risk Manager.
import type { components } from './schema';

type Schemas = components['schemas'];

export type StudyValue = Schemas['StudyValue'];
export type StudyEvent = Schemas['StudyEvent'];
export type StudyPair = Schemas['StudyPair'];
export type StudyParty = Schemas['StudyParty'];
export type StudyStrategic = Schemas['StudyStrategic'];
export type StudyOperational = Schemas['StudyOperational'];
export type Study = Schemas['Study'];
export type StudyView = Schemas['StudyView'];
export type StudyGap = Schemas['StudyGap'];
export type RatedStudy = Schemas['RatedStudy'];
export type Zone = Schemas['EcosystemZone'];
export type Exposure = StudyParty['exposure'];
