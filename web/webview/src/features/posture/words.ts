/** Words and links of the posture that are the gateway's own; what both apps say of findings is in @haubert/ui. */
import { language } from '@haubert/ui';
import type { PostureAnswer } from '../../api/types.js';

export const words = (text: { en: string; fr: string }): string => text[language.current];

/** Where what a check looks at can be changed. */
const PLACES: readonly (readonly [string, string])[] = [
  ['accounts.', '/security/accounts'],
  ['passwords.', '/security/accounts'],
  ['lockout.', '/security/accounts'],
  ['sessions.', '/security/accounts'],
  ['rights.', '/security/accounts'],
  ['notice.', '/security/accounts'],
  ['policy.', '/security/policy'],
  ['tls.', '/security/policy'],
  ['certificates.', '/security/certificates'],
  ['link.', '/hub'],
  ['firewall.', '/security/firewall'],
  ['audit.', '/security/audit'],
  ['storage.', '/security/storage'],
  ['backup.', '/security/storage'],
  ['history.', '/history'],
  ['update.', '/security/updates'],
  ['boot.', '/security/updates'],
  ['inventory.', '/security/updates'],
];
export const placeOf = (check: string): string | undefined => PLACES.find(([beginning]) => check.startsWith(beginning))?.[1];

export type Count = Record<PostureAnswer['standing'], number>;
export function count(answers: readonly PostureAnswer[]): Count {
  const counted: Count = { met: 0, compensated: 0, not_applicable: 0, weak: 0, unknown: 0, not_met: 0 };
  for (const answer of answers) counted[answer.standing] += 1;
  return counted;
}
