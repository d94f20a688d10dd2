/** The words of the shared components. Apps have catalogues of their own. */
import { en } from './en.js';
import { fr } from './fr.js';
import { translator } from './translate.js';

export const tu = translator(en, fr);
