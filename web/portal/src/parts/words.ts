// Words for things that several parts show.
import { type RingState, formatTime, settingName, tu } from '@haubert/ui';
import type { Gateway, Organisation, Quality, Site } from '../api/types';
import { t } from '../i18n';
import type { Why } from '../state/chain';

export function stateWord({ state, online }: Gateway): string {
  if (state !== 'enrolled') return t(`state.${state}`);
  return t(online ? 'state.online' : 'state.offline');
}

/** One sentence saying why a ring is as it is. */
export function whyText(why: Why): string {
  switch (why.code) {
    case 'all_answer':
      return t('why.all_answer', { n: why.count });
    case 'some_silent':
      return t('why.some_silent', { n: why.silent, total: why.total });
    case 'some_degraded':
      return t('why.some_degraded', { n: why.degraded, total: why.total });
    case 'none_answer':
      return t('why.none_answer', { n: why.total });
    case 'link_lost':
      return why.since === null ? t('why.never_connected') : t('why.link_lost', { since: formatTime(why.since) });
    case 'certificate_soon':
    case 'certificate_expired':
      return t(`why.${why.code}`, { at: formatTime(why.at, 'date') });
    case 'history_sending':
    case 'history_behind':
      return t(`why.${why.code}`, { n: why.chunks });
    default:
      return t(`why.${why.code}`);
  }
}

/** Sites to choose from, under the organisation that each belongs to. */
export const siteOptions = (organisations: readonly Organisation[], sites: readonly Site[]) =>
  organisations.flatMap(({ id, name: group }) =>
    sites.filter((site) => site.organisation_id === id).map((site) => ({ value: site.id, label: site.name, group })),
  );

export const quantityName = (code: string): string => t.dynamic(`quantity.${code}`, undefined, code);
export const usageName = (code: string): string => t.dynamic(`usage.${code}`, undefined, code);

const qualityRings: Record<Quality, RingState> = { good: 'holds', uncertain: 'weak', bad: 'fails' };
export const qualityRing = (quality: Quality): RingState => qualityRings[quality];

/** The reason says more than the quality, unless there is nothing to remark. */
export const qualityWord = (quality: Quality, reason = 'measured'): string =>
  reason === 'measured' ? t(`quality.${quality}`) : t.dynamic(`reason.${reason}`, undefined, t(`quality.${quality}`));

/** A line of a gateway's posture: the technical note's have names, the standard's are known by their number. */
export const requirementName = (id: string): string => (tu.has(`setting.${id}`) ? settingName(id) : `IEC 62443-4-2 ${id}`);
