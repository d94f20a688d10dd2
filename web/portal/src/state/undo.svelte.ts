// What was done, so that it can be undone and done again.

/** Steps kept: more than anybody goes back. */
const MOST = 200;

export class Undo<T> {
  now = $state.raw() as T;
  #past = $state.raw<readonly T[]>([]);
  #future = $state.raw<readonly T[]>([]);
  #key = '';

  constructor(start: T) {
    this.now = start;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Changes with the same `key`, one after the other, are one step: a name is not undone letter by letter. */
  set(next: T, key = ''): void {
    if (next === this.now) return;
    if (key === '' || key !== this.#key || this.#past.length === 0) this.#past = [...this.#past.slice(1 - MOST), this.now];
    this.#key = key;
    this.#future = [];
    this.now = next;
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [this.now, ...this.#future];
    this.now = before;
    this.#key = '';
  }

  redo(): void {
    const [after, ...rest] = this.#future;
    if (after === undefined) return;
    this.#past = [...this.#past, this.now];
    this.#future = rest;
    this.now = after;
    this.#key = '';
  }
}
