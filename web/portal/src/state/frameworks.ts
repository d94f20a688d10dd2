// Frameworks as they were last read, so that the next assessment by the same one stands there at once. Each is read again all the same:
// somebody may have taken in a newer one.
import type { Lang } from '@haubert/ui';
import { api } from '../api/client';
import type { Framework } from '../api/standing-types';

/** One is a few hundred kilobytes, and a person works with one or two. */
const MOST = 4;

export class Frameworks<F> {
  readonly #read: (ref_id: string, lang: Lang) => Promise<F>;
  readonly #known = new Map<string, { framework: F; text: string }>();

  constructor(read: (ref_id: string, lang: Lang) => Promise<F>) {
    this.#read = read;
  }

  /** Nothing when it was not read lately. */
  last(ref_id: string, lang: Lang): F | null {
    return this.#known.get(`${lang}/${ref_id}`)?.framework ?? null;
  }

  /** The same object again when nothing changed: then nothing is drawn anew. */
  async read(ref_id: string, lang: Lang): Promise<F> {
    const found = await this.#read(ref_id, lang);
    const [key, text] = [`${lang}/${ref_id}`, JSON.stringify(found)];
    const before = this.#known.get(key);
    const framework = before?.text === text ? before.framework : found;
    this.#known.delete(key);
    this.#known.set(key, { framework, text });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return framework;
  }
}

export const frameworks = new Frameworks<Framework>((ref_id, lang) => api.get('/frameworks/{ref_id}', { ids: { ref_id }, query: { lang } }));
