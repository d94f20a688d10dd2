// The portal's own words; the shared components bring theirs.
import { addProblemMessages, translator } from '@haubert/ui';
import { en } from './en';
import { fr } from './fr';

export const t = translator(en, fr);
addProblemMessages(t);
