// Short names for what the hub's API says of a study by EBIOS Risk Manager. The hub writes every field, even an empty one.
import type { components } from './schema';

type Schemas = components['schemas'];

export type StudyValue = Required<Schemas['StudyValue']>;
export type StudyEvent = Required<Schemas['StudyEvent']>;
export type StudyPair = Required<Schemas['StudyPair']>;
export type StudyParty = Required<Schemas['StudyParty']>;
export type StudyStrategic = Required<Schemas['StudyStrategic']>;
export type StudyOperational = Required<Schemas['StudyOperational']>;
export interface Study {
  scope: string;
  values: StudyValue[];
  events: StudyEvent[];
  pairs: StudyPair[];
  parties: StudyParty[];
  strategic: StudyStrategic[];
  operational: StudyOperational[];
}
export type StudyView = Schemas['StudyView'];
export type StudyGap = Schemas['StudyGap'];
export type RatedStudy = Omit<Schemas['RatedStudy'], 'study'> & { study: Study };
export type Zone = Schemas['EcosystemZone'];
export type Exposure = StudyParty['exposure'];
