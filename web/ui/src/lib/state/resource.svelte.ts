/**
 * Something read from the API and shown: the last good answer stays while a newer one is awaited, and only the newest request counts.
 */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  loading = $state(false);
  #load: (signal: AbortSignal) => Promise<T>;
  #current: AbortController | null = null;

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load;
  }

  async reload(): Promise<void> {
    this.#current?.abort();
    const mine = new AbortController();
    this.#current = mine;
    this.loading = true;
    try {
      const data = await this.#load(mine.signal);
      if (mine.signal.aborted) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (mine.signal.aborted) return;
      this.error = error;
    }
    if (this.#current === mine) this.loading = false;
  }

  /** Reads now and again every `everyMs` while the page is visible. For `onMount`: returns the way to stop. */
  poll(everyMs: number): () => void {
    void this.reload();
    const timer = setInterval(() => {
      if (!document.hidden && !this.loading) void this.reload();
    }, everyMs);
    return () => {
      clearInterval(timer);
      this.#current?.abort();
    };
  }

  /** Reads once. For `onMount`. */
  once(): () => void {
    void this.reload();
    return () => this.#current?.abort();
  }
}
