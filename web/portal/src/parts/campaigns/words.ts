// Words for what campaigns show in several places.
import type { Campaign, CampaignBody, CampaignStep } from '../../api/campaign-types';
import { t } from '../../i18n';
import { differing } from '../../state/campaigns';
import type { Meanwhile } from '../meanwhile';
import { dayText } from '../plan/words';

export const spanText = ({ from, until }: { from: string; until: string }): string => t('campaigns.span', { from: dayText(from), until: dayText(until) });

export const leftText = (days: number): string => (days < 0 ? t('campaigns.late', { n: -days }) : days === 0 ? t('campaigns.last_day') : t('campaigns.left', { n: days }));

export const stepText = ({ progress, percent }: Pick<CampaignStep, 'progress' | 'percent'>): string =>
  progress === 'begun' ? t('campaigns.begun_part', { percent }) : t(`campaigns.progress.${progress}`);

const NAMES = { title: 'campaigns.name', from: 'campaigns.from', until: 'campaigns.until', message: 'campaigns.message' } as const;
export function meanwhile(theirs: Campaign, mine: CampaignBody): Meanwhile {
  const fields = differing(mine, theirs).map((field) => ({ name: t(NAMES[field]), text: field === 'from' || field === 'until' ? dayText(theirs[field]) : theirs[field] || '–' }));
  return { says: t(fields.length > 0 ? 'campaigns.theirs' : 'campaigns.theirs_same', { who: theirs.changed_by }), fields, takeLabel: t('campaigns.take_theirs') };
}
