// Files on their way to the hub, one after the other: the hub takes few at a time, and a slow line is not made slower.
import { ApiError, errorText, fieldErrors, send, type Sending } from '@haubert/ui';
import type { EvidenceFile } from '../api/audit-types';
import { t } from '../i18n';
import { refusalOf } from './evidence-files';
import { limits } from './limits.svelte';

export interface Upload {
  key: number;
  file: File;
  /** Why it was not taken. */
  refused: string;
}
/** What is said of every file that goes together. */
export interface Said {
  title: string;
  note: string;
  valid_until: string;
}
/** Where they go: `path`, and what stands in the address besides. */
export interface Door {
  path: string;
  query: Readonly<Record<string, string>>;
}

function why(error: unknown): string {
  if (error instanceof ApiError && error.status === 413) return t('files.refused.too_large');
  return fieldErrors(error)['file'] ?? errorText(error);
}

export class Uploads {
  waiting = $state.raw<readonly Upload[]>([]);
  current = $state.raw<Upload | null>(null);
  sent = $state(0);
  #sending: Sending<EvidenceFile> | null = null;
  #stopped = false;
  #next = 0;

  choose(files: readonly File[]): void {
    const added = files.map((file) => {
      const refusal = refusalOf(file, limits.current?.evidence ?? null);
      return { key: this.#next++, file, refused: refusal === null ? '' : t(`files.refused.${refusal}`) };
    });
    this.waiting = [...this.waiting.filter(({ refused }) => refused === ''), ...added];
  }

  drop(key: number): void {
    this.waiting = this.waiting.filter((one) => one.key !== key);
  }

  clear(): void {
    this.waiting = [];
  }

  get ready(): readonly Upload[] {
    return this.waiting.filter(({ refused }) => refused === '');
  }

  /** Sends what waits; what the hub refuses stays, with the reason. Tells how many have arrived. */
  async run(door: Door, said: Said): Promise<number> {
    this.#stopped = false;
    let arrived = 0;
    const all = this.ready;
    for (const upload of all) {
      if (this.#stopped) break;
      this.current = upload;
      this.sent = 0;
      // A title is that of one file.
      const query = new URLSearchParams({ ...door.query, file: upload.file.name, note: said.note.trim() });
      if (said.valid_until !== '') query.set('valid_until', said.valid_until);
      if (all.length === 1 && said.title.trim() !== '') query.set('title', said.title.trim());
      try {
        this.#sending = send<EvidenceFile>(`${door.path}?${query}`, upload.file, (bytes) => (this.sent = bytes));
        await this.#sending.done;
        arrived += 1;
        this.drop(upload.key);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'aborted')) this.#refuse(upload.key, why(error));
      }
    }
    this.current = null;
    this.#sending = null;
    return arrived;
  }

  stop(): void {
    this.#stopped = true;
    this.#sending?.stop();
  }

  #refuse(key: number, refused: string): void {
    this.waiting = this.waiting.map((one) => (one.key === key ? { ...one, refused } : one));
  }
}
