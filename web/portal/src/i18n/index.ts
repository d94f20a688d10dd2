// The portal's own words; the shared components bring theirs.
import { addProblemMessages, measuresEn, measuresFr, translator } from '@haubert/ui';
import { en } from './en';
import { fr } from './fr';

export const t = translator({ ...en, ...measuresEn }, { ...fr, ...measuresFr });
addProblemMessages(t);
