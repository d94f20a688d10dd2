/** What matters most about an account, as a ring and a word. */
import type { RingState } from '@haubert/ui';
import type { Account } from './types.js';

export type AccountState = 'locked' | 'disabled' | 'overdue' | 'given' | 'fine';

export function stateOf(account: Pick<Account, 'enabled' | 'locked' | 'password_overdue' | 'password_given'>): AccountState {
  if (!account.enabled) return 'disabled';
  if (account.locked) return 'locked';
  if (account.password_overdue) return 'overdue';
  return account.password_given ? 'given' : 'fine';
}

export const RING: Readonly<Record<AccountState, RingState>> = { locked: 'fails', disabled: 'unknown', overdue: 'weak', given: 'declared', fine: 'holds' };
