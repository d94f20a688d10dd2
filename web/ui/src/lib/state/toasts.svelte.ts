/** Short notes after an action. Errors stay until closed; the rest leave by themselves. */
export type ToastKind = 'ok' | 'info' | 'error';
export interface Toast {
  id: number;
  kind: ToastKind;
  text: string;
}

const STAY_MS = 6000;

class Toasts {
  items = $state<Toast[]>([]);
  #next = 1;

  push(kind: ToastKind, text: string): void {
    const id = this.#next++;
    this.items = [...this.items.slice(-3), { id, kind, text }];
    if (kind !== 'error') setTimeout(() => this.close(id), STAY_MS);
  }
  ok(text: string): void {
    this.push('ok', text);
  }
  error(text: string): void {
    this.push('error', text);
  }
  close(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
