/** Findings of a gateway's posture as rings and sentences, the same at the gateway and at the hub. */
import { tu } from '../i18n/ui.js';
import type { RingState } from '../primitives/ring.js';
import { formatNumber } from '../text/quantity.js';

export type Verdict = 'holds' | 'weak' | 'unknown' | 'fails';
export type PostureStanding = 'met' | 'compensated' | 'not_applicable' | 'weak' | 'unknown' | 'not_met';
export interface Found {
  check: string;
  verdict: string;
  proof: Readonly<Record<string, string>>;
}

const VERDICT: Readonly<Record<string, RingState>> = { holds: 'holds', weak: 'weak', fails: 'fails' };
const STANDING: Readonly<Record<string, RingState>> = { met: 'holds', compensated: 'declared', not_applicable: 'declared', weak: 'weak', not_met: 'fails' };
/** What needs a look first. */
export const VERDICTS: readonly Verdict[] = ['fails', 'unknown', 'weak', 'holds'];

export const verdictRing = (verdict: string): RingState => VERDICT[verdict] ?? 'unknown';
export const standingRing = (standing: string): RingState => STANDING[standing] ?? 'unknown';
export const verdictWord = (verdict: string): string => tu.dynamic(`verdict.${verdict}`);
export const standingWord = (standing: string): string => tu.dynamic(`standing.${standing}`);
export const checkName = (check: string): string => tu.dynamic(`check.${check}`, undefined, check);
/** One of the technical note's settings, short enough for a chain of rings. */
export const settingName = (id: string): string => tu.dynamic(`setting.${id}`);

/** Figures read as figures; lists of names stay as they are. */
const readable = (proof: Found['proof']): Record<string, string> =>
  Object.fromEntries(Object.entries(proof).map(([name, text]) => [name, /^\d+$/.test(text) ? formatNumber(Number(text), 0) : text]));

/** What was found, in a sentence; some checks say something else for one outcome than for another. */
export function findingText({ check, verdict, proof }: Found): string {
  const kind = proof['state'] || proof['by'] || '';
  const keys = [`proof.${check}.${kind}`, `proof.${check}.${verdict}`, `proof.${check}`];
  return keys.map((key) => tu.dynamic(key, readable(proof), '')).find((text) => text !== '') ?? '';
}
