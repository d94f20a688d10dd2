/** One search for meters: started, watched until it ends, and its finds with what the reader chose for each. */
import { api } from '../../api/client.js';
import type { Bus, DeviceInput, Discovery, DiscoveryInput, Found } from '../../api/types.js';
import { lineText, sameLine } from '../../words/labels.js';

const LOOK_EVERY_MS = 500;

export const keyOf = (found: Found): string => `${JSON.stringify(found.line)}#${found.unit}`;
export const titleOf = (found: Found): string => found.identity.product ?? found.identity.vendor ?? 'Modbus';

export interface Choice {
  add: boolean;
  name: string;
  profile: string;
}

export class Search {
  state = $state.raw<Discovery | null>(null);
  error = $state.raw<unknown>(null);
  choices = $state<Record<string, Choice>>({});
  #timer: ReturnType<typeof setTimeout> | undefined;

  get running(): boolean {
    return this.state?.state === 'running';
  }
  get chosen(): Found[] {
    return (this.state?.found ?? []).filter((found) => this.choices[keyOf(found)]?.add);
  }

  async start(input: DiscoveryInput): Promise<void> {
    this.stopWatching();
    this.choices = {};
    this.error = null;
    this.#take(await api.post('/discoveries', { body: input }));
  }
  async cancel(): Promise<void> {
    if (!this.state) return;
    await api.delete('/discoveries/{id}', { ids: { id: this.state.id } });
    await this.#look();
  }
  stopWatching(): void {
    clearTimeout(this.#timer);
  }

  /** Adds what was chosen, on the bus of its line; a bus is made for a line that has none. */
  async add(buses: readonly Bus[]): Promise<number> {
    const known = [...buses];
    const devices: DeviceInput[] = [];
    for (const found of this.chosen) {
      let bus = known.find((one) => sameLine(one.line, found.line));
      if (!bus) {
        bus = await api.post('/buses', { body: { name: lineText(found.line), line: found.line, timeout_ms: 500, poll_ms: 1000, enabled: true } });
        known.push(bus);
      }
      const choice = this.choices[keyOf(found)];
      devices.push({ bus_id: bus.id, name: choice?.name.trim() || titleOf(found), unit: found.unit, profile_id: choice?.profile ?? '', base: found.base, identity: found.identity, channels: found.channels || undefined, load_names: found.load_names });
    }
    const added = await api.post('/devices/batch', { body: { devices } });
    const gone = new Set(this.chosen.map(keyOf));
    for (const key of gone) {
      const choice = this.choices[key];
      if (choice) choice.add = false;
    }
    if (this.state) this.state = { ...this.state, found: this.state.found.map((found) => (gone.has(keyOf(found)) ? { ...found, already_known: true } : found)) };
    return added.items.length;
  }

  #take(next: Discovery): void {
    this.state = next;
    for (const found of next.found) {
      const key = keyOf(found);
      if (key in this.choices) continue;
      const name = found.load_names.length === 1 && found.load_names[0] ? found.load_names[0] : `${titleOf(found)} · ${found.unit}`;
      this.choices[key] = { add: !found.already_known && found.profile_id !== null, name, profile: found.profile_id ?? '' };
    }
    clearTimeout(this.#timer);
    if (next.state === 'running') this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY_MS);
  }
  async #look(): Promise<void> {
    if (!this.state) return;
    try {
      this.#take(await api.get('/discoveries/{id}', { ids: { id: this.state.id } }));
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }
}
