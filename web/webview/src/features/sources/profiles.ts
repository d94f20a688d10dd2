/** Profiles as a choice, by vendor. */
import type { Option } from '@haubert/ui';
import type { Profile } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export function profileOptions(profiles: readonly Profile[]): Option[] {
  return [...profiles]
    .sort((a, b) => a.vendor.localeCompare(b.vendor) || a.model.localeCompare(b.model))
    .map((profile) => ({ value: profile.id, label: profile.verified ? profile.model : `${profile.model} (${t('sources.unverified')})`, group: profile.vendor }));
}

export const profileName = (profiles: readonly Profile[], id: string): string => profiles.find((profile) => profile.id === id)?.model ?? id;
