/** The words of the shared components. Apps have catalogues of their own. */
import { en } from './en.js';
import { fr } from './fr.js';
import type { RingState } from '../primitives/ring.js';
import type { Lang } from './language.svelte.js';
import { translator } from './translate.js';

export const tu = translator(en, fr);

/** The word for a ring in a language that need not be the page's: a report may be in another one. */
export const ringWord = (state: RingState, lang: Lang): string => (lang === 'fr' ? fr : en)[`ring.${state}`];
