// The entries of the guide, read once: its page lists them, and other pages name measures by them.
import { api } from '../api/client';
import type { GuideEntry } from '../api/standing-types';
import { say } from '../i18n';

class Guide {
  entries = $state.raw<GuideEntry[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  #names = $derived(new Map(this.entries.map(({ measure, name }) => [measure, name])));

  async load(): Promise<void> {
    if (this.loaded) return;
    try {
      this.entries = (await api.get('/guide')).items;
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** What a measure is called, or its id while that is not known. */
  name(measure: string): string {
    const name = this.#names.get(measure);
    return name ? say(name) : measure;
  }
}

export const guide = new Guide();
