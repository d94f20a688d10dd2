// The portal's own words; the shared components bring theirs.
import { addProblemMessages, language, measuresEn, measuresFr, translator } from '@haubert/ui';
import type { Words } from '../api/standing-types';
import { en } from './en';
import { assessment as assessmentEn } from './en-assessment';
import { audit as auditEn } from './en-audit';
import { campaigns as campaignsEn } from './en-campaigns';
import { community as communityEn } from './en-community';
import { evidence as evidenceEn } from './en-evidence';
import { exports as exportsEn } from './en-export';
import { guide as guideEn } from './en-guide';
import { identities as identitiesEn } from './en-identities';
import { advisories as advisoriesEn } from './en-advisories';
import { inventory as inventoryEn } from './en-inventory';
import { zones as zonesEn } from './en-zones';
import { label as labelEn } from './en-label';
import { people as peopleEn } from './en-people';
import { libraries as librariesEn } from './en-libraries';
import { mapping as mappingEn } from './en-mapping';
import { path as pathEn } from './en-path';
import { plan as planEn } from './en-plan';
import { progress as progressEn } from './en-progress';
import { register as registerEn } from './en-register';
import { report as reportEn } from './en-report';
import { risk as riskEn } from './en-risk';
import { scenarios as scenariosEn } from './en-scenarios';
import { standing as standingEn } from './en-standing';
import { study as studyEn } from './en-study';
import { taxonomies as taxonomiesEn } from './en-taxonomies';
import { fr } from './fr';
import { assessment as assessmentFr } from './fr-assessment';
import { audit as auditFr } from './fr-audit';
import { campaigns as campaignsFr } from './fr-campaigns';
import { community as communityFr } from './fr-community';
import { evidence as evidenceFr } from './fr-evidence';
import { exports as exportsFr } from './fr-export';
import { guide as guideFr } from './fr-guide';
import { identities as identitiesFr } from './fr-identities';
import { advisories as advisoriesFr } from './fr-advisories';
import { inventory as inventoryFr } from './fr-inventory';
import { zones as zonesFr } from './fr-zones';
import { label as labelFr } from './fr-label';
import { people as peopleFr } from './fr-people';
import { libraries as librariesFr } from './fr-libraries';
import { mapping as mappingFr } from './fr-mapping';
import { path as pathFr } from './fr-path';
import { plan as planFr } from './fr-plan';
import { progress as progressFr } from './fr-progress';
import { register as registerFr } from './fr-register';
import { report as reportFr } from './fr-report';
import { risk as riskFr } from './fr-risk';
import { scenarios as scenariosFr } from './fr-scenarios';
import { standing as standingFr } from './fr-standing';
import { study as studyFr } from './fr-study';
import { taxonomies as taxonomiesFr } from './fr-taxonomies';

export const t = translator(
  { ...en, ...riskEn, ...standingEn, ...planEn, ...labelEn, ...registerEn, ...reportEn, ...progressEn, ...librariesEn, ...studyEn, ...assessmentEn, ...auditEn, ...evidenceEn, ...guideEn, ...taxonomiesEn, ...peopleEn, ...scenariosEn, ...pathEn, ...inventoryEn, ...zonesEn, ...advisoriesEn, ...identitiesEn, ...campaignsEn, ...mappingEn, ...communityEn, ...exportsEn, ...measuresEn },
  { ...fr, ...riskFr, ...standingFr, ...planFr, ...labelFr, ...registerFr, ...reportFr, ...progressFr, ...librariesFr, ...studyFr, ...assessmentFr, ...auditFr, ...evidenceFr, ...guideFr, ...taxonomiesFr, ...peopleFr, ...scenariosFr, ...pathFr, ...inventoryFr, ...zonesFr, ...advisoriesFr, ...identitiesFr, ...campaignsFr, ...mappingFr, ...communityFr, ...exportsFr, ...measuresFr },
);
addProblemMessages(t);

/** What a content file says, in the reader's language. */
export const say = (words: Words): string => words[language.current];
