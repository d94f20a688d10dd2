/** Samples of the chosen series over what is on screen: fetched whole, then finer when the reader zooms in. */
import { type Point } from '@haubert/ui';
import { api } from '../../api/client.js';
import type { Range } from './range.js';

const MAX_POINTS = 800;
const SETTLE_MS = 200;

export class SamplesState {
  byId = $state.raw<ReadonlyMap<number, readonly Point[]>>(new Map());
  error = $state.raw<unknown>(null);
  loading = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current: AbortController | null = null;
  #askedOnce = false;

  /** Asks for `ids` between the times; calls in quick succession (zooming) are answered once. */
  want(ids: readonly number[], range: Range): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(ids, range), this.#askedOnce ? SETTLE_MS : 0);
    this.#askedOnce = true;
  }
  stop(): void {
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  async #fetch(ids: readonly number[], range: Range): Promise<void> {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.loading = ids.length > 0;
    const query = { from: new Date(Math.floor(range.from)).toISOString(), to: new Date(Math.ceil(range.to)).toISOString(), max_points: MAX_POINTS };
    try {
      const all = await Promise.all(ids.map((id) => api.get('/series/{id}/samples', { ids: { id }, query, signal: mine.signal })));
      if (mine.signal.aborted) return;
      this.byId = new Map(all.map((one) => [one.id, one.points]));
      this.error = null;
    } catch (error) {
      if (mine.signal.aborted) return;
      this.error = error;
    }
    this.loading = false;
  }
}
