// The community's calendar: the day that it is for all, wherever one reads. Until it is known, the reader's own.
import { localDate } from '@haubert/ui';
import { api } from '../api/client';

class Calendar {
  #zone = $state<string>();

  async load(): Promise<void> {
    try {
      this.#zone = (await api.get('/calendar')).time_zone;
    } catch {
      // The reader's own day is right for nearly all, nearly always; the hub refuses what it cannot take.
    }
  }

  /** `2027-03-31`. */
  today = (): string => localDate(Date.now(), this.#zone);
}

export const calendar = new Calendar();
