// The portal's own words; the shared components bring theirs.
import { addProblemMessages, translator } from '@haubert/ui';
import { en } from './en';
import { fr } from './fr';
import { measures as measuresEn } from './measures.en';
import { measures as measuresFr } from './measures.fr';

export const t = translator({ ...en, ...measuresEn }, { ...fr, ...measuresFr });
addProblemMessages(t);
