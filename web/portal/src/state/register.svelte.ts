// The risk register of one organisation as the pages hold it: read once, kept up with each answer of the hub.
import { api } from '../api/client';
import type { Risk, RiskBody } from '../api/register-types';
import { numbered, type Numbered } from './register';

export class Register {
  risks = $state.raw<readonly Numbered[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);

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
    this.#take((await api.all('/organisations/{id}/risks', { ids: { id: this.organisation } })) as Risk[]);
    this.loaded = true;
  }

  async add(body: RiskBody): Promise<Risk> {
    const made = (await api.post('/organisations/{id}/risks', { ids: { id: this.organisation }, body: { ...body, revision: 0 } })) as Risk;
    this.#take([...this.risks, made]);
    return made;
  }

  async change(id: string, body: RiskBody): Promise<void> {
    const changed = (await api.put('/risks/{id}', { ids: { id }, body })) as Risk;
    this.#take(this.risks.map((risk) => (risk.id === id ? changed : risk)));
  }

  async remove(id: string): Promise<void> {
    await api.delete('/risks/{id}', { ids: { id } });
    this.#take(this.risks.filter((risk) => risk.id !== id));
  }

  #take(risks: readonly Risk[]): void {
    this.risks = numbered(risks);
  }
}
