/** Findings and requirements of the posture as rings, sentences and links. Pure. */
import { formatNumber, language, type RingState } from '@haubert/ui';
import type { PostureAnswer, PostureFinding } from '../../api/types.js';
import { t } from '../../i18n/index.js';

const VERDICT: Record<PostureFinding['verdict'], RingState> = { holds: 'holds', weak: 'weak', unknown: 'unknown', fails: 'fails' };
const STANDING: Record<PostureAnswer['standing'], RingState> = { met: 'holds', compensated: 'declared', not_applicable: 'declared', unknown: 'unknown', not_met: 'fails' };

export const findingRing = (finding: PostureFinding): RingState => VERDICT[finding.verdict];
export const answerRing = (answer: PostureAnswer): RingState => STANDING[answer.standing];
export const words = (text: { en: string; fr: string }): string => text[language.current];
export const checkName = (check: string): string => t.dynamic(`check.${check}`);

/** Figures read as figures; lists of names stay as they are. */
const readable = (proof: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(proof).map(([name, text]) => [name, /^\d+$/.test(text) ? formatNumber(Number(text), 0) : text]));

/** What was found, in a sentence; some checks say something else for a value than for another. */
export function findingText(finding: PostureFinding): string {
  const proof = finding.proof as Readonly<Record<string, string>>;
  const kind = proof['state'] ?? proof['by'];
  const keys = [`proof.${finding.check}.${kind ?? ''}`, `proof.${finding.check}.${finding.verdict}`, `proof.${finding.check}`];
  const found = keys.map((key) => t.dynamic(key, readable(proof), '')).find((text) => text !== '');
  return found ?? '';
}

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
  const counted: Count = { met: 0, compensated: 0, not_applicable: 0, unknown: 0, not_met: 0 };
  for (const answer of answers) counted[answer.standing] += 1;
  return counted;
}
