/** Time that is left, in words: "59 minutes", "1 minute", "42 seconds". */
import { language } from '../i18n/language.svelte.js';

export function remaining(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [value, unit] = whole >= 5400 ? ([Math.ceil(whole / 3600), 'hour'] as const) : whole >= 90 ? ([Math.ceil(whole / 60), 'minute'] as const) : ([whole, 'second'] as const);
  return new Intl.NumberFormat(language.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
