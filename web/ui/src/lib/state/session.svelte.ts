/** Who is signed in. The cookie is the server's business: here is only what `/session` says. */
import { ApiError, api, asProblem, whenSignedOut, type Problem } from '../net/api.js';

export interface SessionInfo {
  user: string;
  profile: string;
  expires_at: string;
}
export type SessionState = 'loading' | 'setup' | 'login' | 'in' | 'unreachable';

class Session {
  state = $state<SessionState>('loading');
  info = $state.raw<SessionInfo | null>(null);
  problem = $state.raw<Problem | null>(null);

  constructor() {
    whenSignedOut(() => this.#leave());
  }
  get user(): string {
    return this.info?.user ?? '';
  }
  get profile(): string {
    return this.info?.profile ?? '';
  }

  async load(): Promise<void> {
    this.state = 'loading';
    try {
      const { needed } = await api.get<{ needed: boolean }>('/setup');
      if (needed) {
        this.state = 'setup';
        return;
      }
      this.#enter(await api.get<SessionInfo>('/session'));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.#leave();
        return;
      }
      this.problem = asProblem(error);
      this.state = 'unreachable';
    }
  }

  async signIn(user: string, password: string): Promise<void> {
    this.#enter(await api.post<SessionInfo>('/session', { user, password }));
  }

  async setUp(code: string, user: string, password: string): Promise<void> {
    const answer = await api.post<SessionInfo | undefined>('/setup', { code, user, password });
    this.#enter(answer?.user ? answer : await api.get<SessionInfo>('/session'));
  }

  async signOut(): Promise<void> {
    try {
      await api.delete('/session');
    } finally {
      this.#leave();
    }
  }

  #enter(info: SessionInfo): void {
    this.info = info;
    this.state = 'in';
  }
  #leave(): void {
    this.info = null;
    if (this.state !== 'setup') this.state = 'login';
  }
}

export const session = new Session();
