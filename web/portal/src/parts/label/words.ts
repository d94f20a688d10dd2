// Words and marks for the state of a label.
import type { RingState } from '@haubert/ui';
import type { LabelAward } from '../../api/plan-types';
import type { AwardState } from '../../state/label';

export const AWARD_RINGS: Readonly<Record<AwardState, RingState>> = { valid: 'holds', soon: 'weak', expired: 'unknown', withdrawn: 'fails' };

/** In groups of four, as it is read out. */
export const codeText = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1\u00a0');

/** The address of the hub as the public knows it, which need not be the one that this page came from. */
export const hubOf = ({ url }: Pick<LabelAward, 'url'>): string => url.split('/#/')[0] ?? '';
export const badgeUrl = (award: LabelAward, lang: string): string => `${hubOf(award)}/api/v1/label/${award.code}/badge?lang=${lang}`;
