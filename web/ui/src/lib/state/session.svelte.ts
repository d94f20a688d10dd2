/** Who is signed in. The cookie is the server's business: here is only what `/session` says. */
import { usePasskey, type PasskeyCeremony } from '../auth/webauthn.js';
import type { PasswordRules } from '../auth/password.js';
import { ApiError, api, asProblem, whenAnswered, whenSignedOut, type Problem } from '../net/api.js';

export interface SessionInfo {
  user: string;
  profile: string;
  /** What the session may be used for, besides what its profile allows. */
  standing: 'full' | 'password_overdue' | 'must_add_factor' | 'must_change_password';
  /** What the profile may do, written `resource:action`. The server decides; pages only offer nothing that it would refuse. */
  permissions: readonly string[];
  /** Whether the account has a password to show once more; who comes in by an identity provider may have none. */
  has_password: boolean;
  expires_at: string;
}
export interface FirstProfile {
  profile: string;
  required: boolean;
}
interface Doorstep {
  needed: boolean;
  profiles: readonly FirstProfile[];
  password_rules: PasswordRules;
  /** What whoever signs in is told first. */
  notice?: string | null;
}
export type SessionState = 'loading' | 'setup' | 'login' | 'in' | 'unreachable';

class Session {
  state = $state<SessionState>('loading');
  info = $state.raw<SessionInfo | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Profiles that set-up makes accounts of. */
  firstProfiles = $state.raw<readonly FirstProfile[]>([]);
  /** What passwords must be. */
  passwordRules = $state.raw<PasswordRules | null>(null);
  notice = $state('');
  /** When the session ends if it is not used, on this machine's clock; it moves with every answer. */
  endsAt = $state(0);
  #idleMs = 0;
  /** How far the server's clock is ahead of ours. */
  #aheadMs = 0;

  constructor() {
    whenSignedOut(() => this.#leave());
    whenAnswered((response) => {
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) this.#aheadMs = date - Date.now();
      if (this.info && response.status !== 401) this.endsAt = Date.now() + this.#idleMs;
    });
  }
  get user(): string {
    return this.info?.user ?? '';
  }
  get profile(): string {
    return this.info?.profile ?? '';
  }

  get hasPassword(): boolean {
    return this.info?.has_password ?? true;
  }

  can(permission: string): boolean {
    if (!this.info?.permissions.includes(permission)) return false;
    return this.info.standing === 'full' || (this.info.standing === 'password_overdue' && permission.endsWith(':view'));
  }

  async load(): Promise<void> {
    this.state = 'loading';
    try {
      if (await this.#ask()) {
        this.state = 'setup';
        return;
      }
      await this.refresh();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.#leave();
        return;
      }
      this.problem = asProblem(error);
      this.state = 'unreachable';
    }
  }

  /** Asks anew who is signed in, which counts as use. */
  async refresh(): Promise<void> {
    this.#enter(await api.get<SessionInfo>('/session'));
  }

  async signIn(user: string, password: string, code?: string): Promise<void> {
    this.#enter(await api.post<SessionInfo>('/session', { user, password, ...(code ? { code } : {}) }));
  }

  async signInWithPasskey(): Promise<void> {
    const { ceremony, options } = await api.post<PasskeyCeremony>('/session/passkey/options');
    const credential = await usePasskey(options);
    this.#enter(await api.post<SessionInfo>('/session/passkey', { ceremony, credential }));
  }

  /** With the code that the machine itself gave, where nobody can get in any more. */
  async recover(code: string, user: string, password: string): Promise<void> {
    this.#enter(await api.post<SessionInfo>('/recovery', { code, user, password }));
  }

  /** Makes the account that an invitation is for, and signs in with it. */
  async takeUp(token: string, user: string, password: string): Promise<void> {
    this.#enter(await api.post<SessionInfo>('/invitation/acceptance', { token, user, password }));
  }

  /** The second factor that is owed after an identity provider sent somebody back. */
  async giveProviderCode(ceremony: string, code: string): Promise<void> {
    this.#enter(await api.post<SessionInfo>('/session/provider-code', { ceremony, code }));
  }

  /** Makes the first accounts; the session is that of the first of them. */
  async setUp(code: string, accounts: readonly { profile: string; user: string; password: string }[]): Promise<void> {
    const answer = await api.post<SessionInfo | undefined>('/setup', { code, accounts });
    this.#enter(answer?.user ? answer : await api.get<SessionInfo>('/session'));
  }

  /** Everything else of the account loses its sessions; this one goes on with another cookie. */
  async changePassword(old: string, chosen: string): Promise<void> {
    this.#enter(await api.put<SessionInfo>('/account/password', { old, new: chosen }));
  }

  async signOut(): Promise<void> {
    try {
      await api.delete('/session');
    } finally {
      this.#leave();
    }
  }

  async #ask(): Promise<boolean> {
    const { needed, profiles, password_rules, notice } = await api.get<Doorstep>('/setup');
    this.firstProfiles = profiles;
    this.passwordRules = password_rules;
    this.notice = notice ?? '';
    return needed;
  }
  #enter(info: SessionInfo): void {
    this.#idleMs = Math.max(0, Date.parse(info.expires_at) - this.#aheadMs - Date.now());
    this.endsAt = Date.now() + this.#idleMs;
    this.info = info;
    this.state = 'in';
  }
  #leave(): void {
    this.info = null;
    if (this.state !== 'setup') this.state = 'login';
  }
}

export const session = new Session();
