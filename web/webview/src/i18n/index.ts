/** `t('key', { params })` for the gateway's words. */
import { translator } from '@haubert/ui';
import { en } from './en.js';
import { fr } from './fr.js';

export const t = translator(en, fr);
