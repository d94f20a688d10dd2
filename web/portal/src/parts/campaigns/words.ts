// Words for what campaigns show in several places.
import type { CampaignStep } from '../../api/campaign-types';
import { t } from '../../i18n';
import { dayText } from '../plan/words';

export const spanText = ({ from, until }: { from: string; until: string }): string => t('campaigns.span', { from: dayText(from), until: dayText(until) });

export const leftText = (days: number): string => (days < 0 ? t('campaigns.late', { n: -days }) : days === 0 ? t('campaigns.last_day') : t('campaigns.left', { n: days }));

export const stepText = ({ progress, percent }: Pick<CampaignStep, 'progress' | 'percent'>): string =>
  progress === 'begun' ? t('campaigns.begun_part', { percent }) : t(`campaigns.progress.${progress}`);
