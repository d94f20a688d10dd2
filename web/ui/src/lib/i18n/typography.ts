/** What a French reader would circle in red: plain spaces before high punctuation, straight apostrophes and quotes. */
import type { Catalogue } from './translate.js';

const FAULTS: readonly [RegExp, string][] = [
  [/ [:;!?»%]/, 'plain space before high punctuation'],
  [/« /, 'plain space after an opening quote'],
  [/[\p{L}\p{N}»][:;!?](?!\/|\d|[\w-])/u, 'no space before high punctuation'],
  [/'/, 'straight apostrophe'],
  [/"/, 'straight quote'],
  [/\.\.\./, 'three dots'],
];

export function typographyFaults(catalogue: Catalogue): string[] {
  return Object.entries(catalogue).flatMap(([key, message]) =>
    (typeof message === 'string' ? [message] : [message.one, message.other]).flatMap((text) => FAULTS.filter(([pattern]) => pattern.test(text)).map(([, why]) => `${key}: ${why}: ${text}`)),
  );
}
