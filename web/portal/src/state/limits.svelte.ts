// What the hub takes at most, for the help beside a field. Until it is known nothing is refused here: the hub does that.
import { api } from '../api/client';
import type { Limits } from '../api/limit-types';

class KnownLimits {
  current = $state.raw<Limits | null>(null);

  /** Reads them unless they are known: they do not change while a hub runs. */
  async load(): Promise<void> {
    if (this.current !== null) return;
    try {
      this.current = await api.get('/limits');
    } catch {
      // A form without its help still works.
    }
  }
}

export const limits = new KnownLimits();
