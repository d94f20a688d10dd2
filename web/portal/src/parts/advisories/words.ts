// Words for what the pages on advisories show in several places.
import { formatNumber } from '@haubert/ui';
import type { AdvisorySummary, Severity, Tlp } from '../../api/inventory-types';
import { t } from '../../i18n';

export const severityText = (severity: Severity | null, score: number | null): string =>
  severity === null || score === null ? t('advisories.no_score') : t('advisories.score', { word: t(`severity.${severity}`), score: formatNumber(Number(score.toFixed(1))) });

/** As the standard writes it; nothing when there is no marking. */
export const tlpMark = (tlp: Tlp | null): string => (tlp === null ? '' : `TLP:${tlp === 'amber_strict' ? 'AMBER+STRICT' : tlp.toUpperCase()}`);
export const tlpText = (tlp: Tlp | null): string => (tlp === null ? t('advisories.no_tlp') : t(`tlp.${tlp}`));
export const numberText = ({ tracking_id, version }: AdvisorySummary): string => `${tracking_id}, ${t('advisories.version', { version })}`;
/** As advisories name it, in words where we have some. */
export const remedyText = (category: string): string => t.dynamic(`remedy.${category}`, undefined, t('remedy.other'));
