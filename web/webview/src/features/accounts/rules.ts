/** The numbers of the access rules: their place in the document, their bounds as help says them. */
import type { AccessRules } from './types.js';

export type Part = 'passwords' | 'lockout' | 'sessions';
export type NumberField = { [P in Part]: `${P}.${keyof AccessRules[P] & string}` }[Part];

/** What is sent back: the document without what only the answer has. */
export function sent(rules: AccessRules): Omit<AccessRules, 'profile' | 'shipped'> {
  const { profile: _profile, shipped: _shipped, ...document } = rules;
  return document;
}

/** Which shipped policy the passwords are. */
export function profileOf(rules: AccessRules): 'note' | 'asvs' | 'own' {
  const same = (other: object) => JSON.stringify(sorted(other)) === JSON.stringify(sorted(rules.passwords));
  if (same(rules.shipped.note)) return 'note';
  return same(rules.shipped.asvs) ? 'asvs' : 'own';
}

const sorted = (value: object) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
