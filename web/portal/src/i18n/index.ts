// The portal's own words; the shared components bring theirs.
import { addProblemMessages, language, measuresEn, measuresFr, translator } from '@haubert/ui';
import type { Words } from '../api/standing-types';
import { en } from './en';
import { assessment as assessmentEn } from './en-assessment';
import { guide as guideEn } from './en-guide';
import { people as peopleEn } from './en-people';
import { path as pathEn } from './en-path';
import { risk as riskEn } from './en-risk';
import { scenarios as scenariosEn } from './en-scenarios';
import { standing as standingEn } from './en-standing';
import { fr } from './fr';
import { assessment as assessmentFr } from './fr-assessment';
import { guide as guideFr } from './fr-guide';
import { people as peopleFr } from './fr-people';
import { path as pathFr } from './fr-path';
import { risk as riskFr } from './fr-risk';
import { scenarios as scenariosFr } from './fr-scenarios';
import { standing as standingFr } from './fr-standing';

export const t = translator({ ...en, ...riskEn, ...standingEn, ...assessmentEn, ...guideEn, ...peopleEn, ...scenariosEn, ...pathEn, ...measuresEn }, { ...fr, ...riskFr, ...standingFr, ...assessmentFr, ...guideFr, ...peopleFr, ...scenariosFr, ...pathFr, ...measuresFr });
addProblemMessages(t);

/** What a content file says, in the reader's language. */
export const say = (words: Words): string => words[language.current];
