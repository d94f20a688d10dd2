/** The settings as they are edited, and back. */
import type { SnmpChange, SnmpSettings } from '../../../api/types.js';
import type { DraftReceiver } from './Receivers.svelte';
import type { DraftUser } from './Users.svelte';

export interface Draft extends Omit<SnmpSettings, 'users' | 'receivers'> {
  users: DraftUser[];
  receivers: DraftReceiver[];
  community: string;
}

export const USUAL_PORT = 162;
let last = 0;
const next = () => ++last;

export const draftOf = (settings: SnmpSettings): Draft => ({
  ...settings,
  users: settings.users.map((user) => ({ ...user, key: next(), known: true, auth_typed: '', privacy_typed: '' })),
  receivers: settings.receivers.map(({ inform, ...receiver }) => ({ ...receiver, key: next(), kind: inform ? 'inform' : 'trap' })),
  community: '',
});

export const newUser = (): DraftUser => ({ key: next(), name: '', authentication: 'sha256', privacy: 'aes128', known: false, auth_typed: '', privacy_typed: '' });
export const newReceiver = (user: string): DraftReceiver => ({ key: next(), host: '', port: USUAL_PORT, kind: 'inform', user });

/** What is sent: passwords only of those for whom one was typed. */
export function changeOf({ users, receivers, community, ...rest }: Draft): SnmpChange {
  const typed = users.filter((user) => user.auth_typed !== '' || user.privacy_typed !== '');
  return {
    settings: {
      ...rest,
      users: users.map(({ name, authentication, privacy }) => ({ name, authentication, privacy })),
      receivers: receivers.map(({ host, port, kind, user }) => ({ host, port, inform: kind === 'inform', user })),
    },
    passwords: {
      users: typed.map(({ name, auth_typed, privacy_typed }) => ({ user: name, authentication: auth_typed, privacy: privacy_typed })),
      ...(community === '' ? {} : { community }),
    },
  };
}

/** The same, to compare: row keys say nothing. */
export const image = (draft: Draft): string => JSON.stringify(changeOf(draft));
