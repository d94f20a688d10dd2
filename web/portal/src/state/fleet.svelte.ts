// The fleet, once for the whole app: read once, then kept current by the hub's stream. When the stream comes back after an
// outage everything is read again, because what changed meanwhile was not told.
import { listen, type StreamState } from '@haubert/ui';
import { api } from '../api/client';
import type { Changed, Gateway } from '../api/types';

class Fleet {
  gateways = $state.raw<Gateway[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  stream = $state<StreamState>('connecting');
  /** Since when each gateway has had a backlog without a break, as seen from here. */
  #behind = new Map<string, number>();
  #stop: (() => void) | null = null;

  find(id: string): Gateway | undefined {
    return this.gateways.find((gateway) => gateway.id === id);
  }

  behindSince(id: string): number | null {
    return this.#behind.get(id) ?? null;
  }

  async load(): Promise<void> {
    try {
      const all = await api.all('/gateways');
      this.#watchBacklog(all);
      this.gateways = all;
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** Takes what a page learned from its own request, without waiting for the stream. */
  merge(items: readonly Gateway[]): void {
    this.#watchBacklog(items);
    const news = new Map(items.map((gateway) => [gateway.id, gateway]));
    const kept = this.gateways.map((gateway) => news.get(gateway.id) ?? gateway);
    const known = new Set(kept.map((gateway) => gateway.id));
    this.gateways = [...kept, ...items.filter((gateway) => !known.has(gateway.id))];
  }

  forget(id: string): void {
    this.gateways = this.gateways.filter((gateway) => gateway.id !== id);
  }

  #watchBacklog(items: readonly Gateway[]): void {
    for (const { id, backlog_chunks: chunks } of items) {
      if ((chunks ?? 0) === 0) this.#behind.delete(id);
      else if (!this.#behind.has(id)) this.#behind.set(id, Date.now());
    }
  }

  /** `follows`: whether the reader may see what gateways measure, and with that the stream. */
  start(follows: boolean): void {
    if (this.#stop) return;
    if (!follows) {
      this.#stop = () => undefined;
      void this.load();
      return;
    }
    this.#stop = listen(api.url('/fleet/stream'), {
      events: { gateways: (data) => this.merge((data as Changed).items) },
      onState: (state) => {
        this.stream = state;
        // A refused stream does not say why; an ordinary request does, and leads to the sign-in page when it must.
        if (state !== 'connecting') void this.load();
      },
    });
    void this.load();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
    this.gateways = [];
    this.loaded = false;
    this.#behind.clear();
  }
}

export const fleet = new Fleet();
