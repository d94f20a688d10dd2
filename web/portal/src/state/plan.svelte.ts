// The plan of one organisation: read, changed, and what was deleted last, so that it can be brought back.
import { ApiError } from '@haubert/ui';
import { api } from '../api/client';
import type { Action, ActionBody, ActionState } from '../api/plan-types';
import { bodyOf, tidied } from './plan';

interface Removed {
  body: ActionBody;
  /** Actions that rested on it. */
  waiting: string[];
  id: string;
}

export const isChangedMeanwhile = (error: unknown): boolean => error instanceof ApiError && error.code === 'changed_meanwhile';

export class Plan {
  actions = $state.raw<readonly Action[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  removed = $state.raw<Removed | null>(null);

  constructor(readonly organisation: string) {}

  /** Throws nothing: a page shows `error`. */
  async load(): Promise<void> {
    try {
      await this.reload();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async reload(): Promise<void> {
    this.actions = tidied(await api.all('/organisations/{id}/actions', { ids: { id: this.organisation } }));
    this.loaded = true;
  }

  /** The action about a measure, unless it was dropped. */
  about(measure: string): Action | undefined {
    return this.actions.find((action) => action.measure === measure && action.state !== 'dropped');
  }

  async add(body: ActionBody): Promise<string> {
    const { id } = await api.post('/organisations/{id}/actions', { ids: { id: this.organisation }, body: { ...body, revision: 0 } });
    await this.reload();
    return id;
  }

  async change(id: string, body: ActionBody): Promise<void> {
    const changed = await api.put('/actions/{id}', { ids: { id }, body });
    this.actions = tidied(this.actions.map((action) => (action.id === id ? changed : action)));
  }

  /**
   * Only the state is meant: where somebody changed the action meanwhile, it is put on top of their version. Tells whether that was so.
   * @returns whether somebody else had changed it
   */
  async move(id: string, state: ActionState): Promise<boolean> {
    const put = async () => {
      const action = this.actions.find((one) => one.id === id);
      if (action) await this.change(id, { ...bodyOf(action), state });
    };
    try {
      await put();
      return false;
    } catch (error) {
      if (!isChangedMeanwhile(error)) throw error;
      await this.reload();
      await put();
      return true;
    }
  }

  async remove(action: Action): Promise<void> {
    const waiting = this.actions.filter(({ depends_on }) => depends_on.includes(action.id)).map(({ id }) => id);
    await api.delete('/actions/{id}', { ids: { id: action.id } });
    this.removed = { body: bodyOf(action), waiting, id: action.id };
    this.actions = tidied(this.actions.filter(({ id }) => id !== action.id));
  }

  /** Brings back what was deleted last. It has another id now: what rested on it rests on it again. */
  async restore(): Promise<void> {
    const { removed } = this;
    if (!removed) return;
    const known = new Set(this.actions.map(({ id }) => id));
    const id = await this.add({ ...removed.body, depends_on: removed.body.depends_on.filter((one) => known.has(one)) });
    this.removed = null;
    for (const action of this.actions.filter((one) => removed.waiting.includes(one.id))) {
      await this.change(action.id, { ...bodyOf(action), depends_on: [...action.depends_on, id] });
    }
  }
}
