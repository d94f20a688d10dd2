/** Live values: read once, then kept fresh by the event stream. */
import { listen, type StreamState } from '@haubert/ui';
import { api } from '../api/client.js';
import type { DeviceState, Live, LiveValue, StateChanges } from '../api/types.js';
import { unfold } from './snapshot.js';

const keyOf = (value: LiveValue): string => `${value.load_id}/${value.quantity}`;

/** Which values to follow: a large site has more than a page needs. */
export type LiveFilter = {
  load_id?: string;
  quantities?: string;
};

export class LiveState {
  readonly #filter: LiveFilter;
  values = $state.raw<ReadonlyMap<string, LiveValue>>(new Map());
  devices = $state.raw<ReadonlyMap<string, DeviceState>>(new Map());
  at = $state<string | null>(null);
  stream = $state<StreamState>('connecting');
  error = $state.raw<unknown>(null);
  loaded = $state(false);

  constructor(filter: LiveFilter = {}) {
    this.#filter = filter;
  }

  /** For `onMount`: returns the way to stop. */
  start(): () => void {
    void this.load();
    let before: StreamState = 'connecting';
    return listen(api.url('/live/stream', { query: this.#filter }), {
      onState: (state) => {
        // After an outage the whole is read again: changes during it were not sent.
        if (state === 'open' && before === 'waiting') void this.load();
        if (state !== 'connecting') before = state;
        this.stream = state;
      },
      events: {
        values: (data) => this.#merge(data as Live),
        devices: (data) => {
          const next = new Map(this.devices);
          for (const { id, state } of (data as StateChanges).items) next.set(id, state);
          this.devices = next;
        },
      },
    });
  }

  async load(): Promise<void> {
    try {
      const live = (await api.get('/live', { query: this.#filter })) as Live;
      this.values = new Map();
      this.#merge(live);
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    this.loaded = true;
  }

  /** The first of these quantities that the load has. */
  get(loadId: string, ...quantities: readonly string[]): LiveValue | undefined {
    for (const quantity of quantities) {
      const found = this.values.get(`${loadId}/${quantity}`);
      if (found) return found;
    }
    return undefined;
  }

  /** All values of a load. */
  of(loadId: string): LiveValue[] {
    return [...this.values.values()].filter((value) => value.load_id === loadId);
  }

  #merge(live: Live): void {
    const next = new Map(this.values);
    for (const value of unfold(live)) next.set(keyOf(value), value);
    this.values = next;
    this.at = live.at;
  }
}
