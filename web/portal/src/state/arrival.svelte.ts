// The invitation that somebody came with. Its token leaves the address at once: neither the history, nor a bookmark, nor whoever looks
// at the screen is to keep it. It is held in memory only, so that loading the page again asks for the link again.
import { router } from '@haubert/ui';
import { isInvitation, tokenOf } from './token';

export const INVITATION_PATH = '/invitation';

class Arrival {
  token = $state('');

  #take(): void {
    if (!isInvitation(location.hash)) return;
    this.token = tokenOf(location.hash);
    router.go(INVITATION_PATH, { replace: true });
  }

  /** Now, and whenever a link is opened where the portal is open already: then only the hash changes. */
  start(): void {
    this.#take();
    addEventListener('hashchange', () => this.#take());
  }
}

export const arrival = new Arrival();
