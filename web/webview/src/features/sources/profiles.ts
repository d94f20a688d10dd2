/** Profiles as a choice, by vendor. */
import { language, type Option } from '@haubert/ui';
import type { Profile } from '../../api/types.js';
import { models } from '../../i18n/fr-models.js';
import { t } from '../../i18n/index.js';

/** A model's name for the reader; of a profile of one's own, as it was written. */
export const modelName = (profile: Pick<Profile, 'id' | 'model' | 'origin'>): string =>
  language.current === 'fr' && profile.origin === 'built_in' ? (models[profile.id] ?? profile.model) : profile.model;

export function profileOptions(profiles: readonly Profile[]): Option[] {
  return [...profiles]
    .sort((a, b) => a.vendor.localeCompare(b.vendor) || modelName(a).localeCompare(modelName(b)))
    .map((profile) => ({ value: profile.id, label: profile.verified ? modelName(profile) : `${modelName(profile)} (${t('sources.unverified')})`, group: profile.vendor }));
}

export function profileName(profiles: readonly Profile[], id: string): string {
  const found = profiles.find((profile) => profile.id === id);
  return found ? modelName(found) : id;
}
