/** Settings of an outlet under somebody's hands, with the password that goes with them. */
import { errorText, fieldErrors, toasts } from '@haubert/ui';
import { untrack } from 'svelte';
import { t } from '../../i18n/index.js';

export interface Body<S> {
  settings: S;
  password?: string;
}

export class Draft<S extends object> {
  settings: S = $state() as S;
  password = $state('');
  /** The stored password is to go. */
  removed = $state(false);
  errors = $state<Record<string, string>>({});
  failure = $state('');
  busy = $state(false);
  #before = $state.raw('');
  changed = $derived.by(() => JSON.stringify(this.settings) !== this.#before || this.password !== '' || this.removed);

  constructor(settings: S) {
    this.take(settings);
  }

  get body(): Body<S> {
    const settings = $state.snapshot(this.settings) as S;
    if (this.removed) return { settings, password: '' };
    return this.password === '' ? { settings } : { settings, password: this.password };
  }

  /** Begins anew from what is in force. */
  take(settings: S): void {
    this.settings = structuredClone($state.snapshot(settings) as S);
    this.#before = JSON.stringify(settings);
    this.password = '';
    this.removed = false;
    this.errors = {};
    this.failure = '';
  }

  /** Somebody else's change is taken over while nothing is being edited here. */
  follow(settings: S): void {
    const now = JSON.stringify(settings);
    untrack(() => {
      if (!this.changed && now !== this.#before) this.take(settings);
    });
  }

  faults(found: Record<string, string>): void {
    this.errors = found['password'] ? { ...found, password: t('outlet.password_again') } : found;
    requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
  }

  async keep(put: (body: Body<S>) => Promise<{ settings: S }>): Promise<void> {
    this.busy = true;
    this.errors = {};
    this.failure = '';
    try {
      this.take((await put(this.body)).settings);
      toasts.ok(t('common.saved'));
    } catch (error) {
      this.faults(fieldErrors(error));
      this.failure = Object.keys(this.errors).length ? '' : errorText(error);
    } finally {
      this.busy = false;
    }
  }
}
