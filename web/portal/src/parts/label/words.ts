// Words and marks for the state of a label, and for what its grades still lack.
import { formatNumber, type RingState } from '@haubert/ui';
import type { LabelAward } from '../../api/plan-types';
import type { Shortfall, Standing } from '../../api/standing-types';
import { say, t } from '../../i18n';
import type { AwardState } from '../../state/label';

export const AWARD_RINGS: Readonly<Record<AwardState, RingState>> = { valid: 'holds', soon: 'weak', expired: 'unknown', withdrawn: 'fails' };

/** In groups of four, as it is read out. */
export const codeText = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1\u00a0');

/** The address of the hub as the public knows it, which need not be the one that this page came from. */
export const hubOf = ({ url }: Pick<LabelAward, 'url'>): string => url.split('/#/')[0] ?? '';
export const badgeUrl = (award: LabelAward, lang: string): string => `${hubOf(award)}/api/v1/label/${award.code}/badge?lang=${lang}`;

/** What is missing for a grade, in one sentence. */
export function shortfallText(short: Shortfall, themes: Standing['themes']): string {
  const figures = { is: formatNumber(short.is, 0), asked: formatNumber(short.asked, 0) };
  return 'theme' in short ? t(`label.short.${short.kind}`, { ...figures, theme: themeText(short.theme, themes) }) : t(`label.short.${short.kind}`, figures);
}
export const themeText = (id: string, themes: Standing['themes']): string => {
  const theme = themes.find((one) => one.id === id);
  return theme ? say(theme.name) : id;
};
