// Where one is signed in, and who else vouches for one, to be taken along.
import { deviceName, tableOf, tu, type ExportTable, type SessionEntry } from '@haubert/ui';
import type { Identity } from '../../api/identity-types';
import { t } from '../../i18n';

export const sessionsTable = (shown: readonly SessionEntry[]): ExportTable =>
  tableOf('sessions', tu('account.sessions'), [
    { key: 'device', title: tu('account.session_device'), value: ({ device }) => device, text: ({ device }) => deviceName(device) },
    { key: 'source', title: tu('account.session_source'), value: ({ source }) => source },
    { key: 'created_at', title: tu('account.session_since'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'last_seen_at', title: tu('account.session_seen'), value: ({ last_seen_at }) => last_seen_at, kind: 'time' },
    { key: 'is_current', title: tu('account.session_here'), value: ({ current }) => current },
  ], shown);

/** Of an identity at a provider that this hub no longer knows, only the provider's key is left. */
export const providerName = ({ provider, provider_name }: Pick<Identity, 'provider' | 'provider_name'>): string => provider_name ?? t('identities.gone', { provider });

export const identitiesTable = (shown: readonly Identity[]): ExportTable =>
  tableOf('identities', t('identities.title'), [
    { key: 'provider', title: t('identities.provider'), value: ({ provider }) => provider, text: providerName },
    { key: 'label', title: t('identities.label'), value: ({ label }) => label },
    { key: 'created_at', title: t('identities.since'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'last_used_at', title: t('identities.used'), value: ({ last_used_at }) => last_used_at, kind: 'time' },
  ], shown);
