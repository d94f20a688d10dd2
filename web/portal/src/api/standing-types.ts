// Short names for what the hub's API says of an organisation's security.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Words = Schemas['Words'];
export type Size = Schemas['Size'];
export type Nis2 = Schemas['Nis2'];
export type Importance = Schemas['Importance'];
export type Effort = Schemas['Effort'];
export type Level = Schemas['Level'];
export type Track = Schemas['Track'];
export type StageName = Schemas['StageName'];
export type PlaceKind = Schemas['PlaceKind'];
export type Way = Schemas['Way'];
export type Criteria = Schemas['Criteria'];

export type Profile = Schemas['Profile'];
export type ProfileView = Schemas['OrganisationProfile'];
export type Framework = Schemas['Framework'];
export type FrameworkNode = Schemas['FrameworkNode'];
export type Question = Schemas['FrameworkQuestion'];
export type Assessment = Schemas['Assessment'];
export type Answer = Schemas['Answer'];
/** What somebody says, whoever and whenever that was. */
export type AnswerGiven = Pick<Answer, 'choice' | 'score' | 'words' | 'not_applicable' | 'comment'>;

export type Standing = Schemas['OrganisationStanding'];
export type Score = Schemas['Score'];
export type Bounds = Schemas['Interval'];
export type ThemeScore = Schemas['ThemeScore'];
export type Grade = Schemas['LabelGrade'];
export type Shortfall = Schemas['Shortfall'];
export type MeasureStanding = Schemas['MeasureStanding'];
export type Evidence = Schemas['MeasureEvidence'];

export type GuideEntry = Schemas['GuideEntry'];
export type GuideSheet = Schemas['GuideSheet'];
export type References = Schemas['References'];

export type ScenarioEntry = Schemas['ScenarioSummary'];
export type Scenario = Schemas['ScenarioContent'];
export type RatedScenario = Schemas['RatedScenario'];
export type ReflexPhase = Schemas['Phase'];
export type Taxonomies = Schemas['Taxonomies'];

export type EntryPoint = Schemas['EntryPoint'];
export type Place = Schemas['Place'];
export type DataPath = Schemas['Path'];
export type PathPicture = Schemas['DataPathPicture'];
export type PlaceView = Schemas['PlaceView'];
