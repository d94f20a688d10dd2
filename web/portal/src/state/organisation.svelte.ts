// Which organisation the pages about a company's security show. The choice lives in the address, so that a view can be shared, and
// is kept from page to page, so that it is made once.
import { language, router } from '@haubert/ui';
import { api } from '../api/client';
import type { Organisation } from '../api/types';

class Chosen {
  all = $state.raw<Organisation[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  #last = $state('');

  /** The one asked for in the address, else the one shown before, else the first. */
  get id(): string {
    const asked = [router.query.get('organisation') ?? '', this.#last];
    return asked.find((id) => this.all.some((one) => one.id === id)) ?? this.all[0]?.id ?? '';
  }

  set id(id: string) {
    this.#last = id;
    router.setQuery({ organisation: id });
  }

  get name(): string {
    return this.all.find(({ id }) => id === this.id)?.name ?? '';
  }

  async load(): Promise<void> {
    try {
      const all = await api.all('/organisations');
      const collator = new Intl.Collator(language.locale, { numeric: true });
      this.all = [...all].sort((a, b) => collator.compare(a.name, b.name));
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** Writes the choice into the address and remembers it. */
  keep(): void {
    if (this.id !== '') this.id = this.id;
  }
}

export const chosen = new Chosen();
