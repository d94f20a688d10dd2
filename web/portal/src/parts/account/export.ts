// Where one is signed in, who else vouches for one, and one's keys, to be taken along.
import { deviceName, tableOf, tu, type ExportTable, type SessionEntry } from '@haubert/ui';
import type { Identity } from '../../api/identity-types';
import type { ApiKey } from '../../api/key-types';
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

export const keysTable = (shown: readonly ApiKey[]): ExportTable =>
  tableOf('keys', t('keys.title'), [
    { key: 'name', title: t('keys.name'), value: ({ name }) => name },
    { key: 'may_change', title: t('keys.may_change'), value: ({ may_change }) => may_change },
    { key: 'created_at', title: t('keys.created'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'last_used_at', title: t('keys.used'), value: ({ last_used_at }) => last_used_at, kind: 'time' },
    { key: 'expires_at', title: t('keys.expires'), value: ({ expires_at }) => expires_at, kind: 'time' },
  ], shown);
