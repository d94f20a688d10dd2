/** What the account routes of both programs answer. */
import type { PasswordRules } from '../password.js';

export interface OwnAccount {
  id: string;
  user: string;
  profile: string;
  password_changed_at: string;
  password_expires_at: string | null;
  password_given: boolean;
  password_rules: PasswordRules;
}
export interface Passkey {
  id: string;
  name: string;
  host: string;
  created_at: string;
  last_used_at: string | null;
}
export interface Factors {
  totp: { since: string } | null;
  passkeys: Passkey[];
  recovery_codes_left: number;
  host: string;
  passkeys_work_here: boolean;
}
export interface TotpOffer {
  ceremony: string;
  secret: string;
  uri: string;
  qr: { size: number; path: string } | null;
}
export interface FactorAdded {
  recovery_codes: string[] | null;
}
export interface SessionEntry {
  id: string;
  user_id: string;
  user: string;
  profile: string;
  source: string;
  device: string;
  /** The identity provider by which it was begun. */
  provider: string | null;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  current: boolean;
}
export interface ApiKey {
  id: string;
  name: string;
  /** Whether it may do more than look. */
  may_change: boolean;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}
export interface NewApiKey extends ApiKey {
  /** Told once. */
  secret: string;
}
