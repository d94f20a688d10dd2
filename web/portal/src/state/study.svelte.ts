// The study of one organisation while it is written: one draft, saved as a whole. What the hub works out is shown as it came with the
// last save; should somebody else have saved meanwhile, the draft stays and theirs is kept beside it.
import { fieldErrors } from '@haubert/ui';
import { api } from '../api/client';
import type { RatedStudy, Study, StudyView } from '../api/study-types';
import { isChangedMeanwhile } from './plan.svelte';
import { EMPTY, missing } from './study';

export class StudyDraft {
  study = $state<Study>(structuredClone(EMPTY));
  view = $state.raw<StudyView | null>(null);
  changedAt = $state.raw<string | null>(null);
  changedBy = $state.raw<string | null>(null);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  /** By field, as the hub names it. */
  faults = $state.raw<Readonly<Record<string, string>>>({});
  theirs = $state.raw<RatedStudy | null>(null);
  #saved = $state('');
  #revision = 0;

  constructor(readonly organisation: string) {}

  get isDirty(): boolean {
    return this.loaded && JSON.stringify(this.study) !== this.#saved;
  }

  async load(): Promise<void> {
    try {
      this.#take(await this.#read());
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  /**
   * Keeps the draft. `required` is what to say of a field that is empty.
   * @returns whether it is at the hub
   */
  async save(required: string): Promise<boolean> {
    this.faults = Object.fromEntries(missing(this.study).map((field) => [field, required]));
    if (Object.keys(this.faults).length > 0) return false;
    try {
      const study = $state.snapshot(this.study) as Study;
      this.#take((await api.put('/organisations/{id}/study', { ids: { id: this.organisation }, body: { study, revision: this.#revision } })) as RatedStudy);
      return true;
    } catch (error) {
      if (isChangedMeanwhile(error)) {
        this.theirs = await this.#read();
        // The next save is meant to replace what is now known.
        this.#revision = this.theirs.revision;
        return false;
      }
      this.faults = fieldErrors(error);
      if (Object.keys(this.faults).length === 0) throw error;
      return false;
    }
  }

  /** Gives up the draft for what somebody else saved. */
  takeTheirs(): void {
    if (this.theirs) this.#take(this.theirs);
  }

  async #read(): Promise<RatedStudy> {
    return (await api.get('/organisations/{id}/study', { ids: { id: this.organisation } })) as RatedStudy;
  }

  #take({ study, view, revision, changed_at, changed_by }: RatedStudy): void {
    this.study = study;
    this.view = view;
    this.changedAt = changed_at;
    this.changedBy = changed_by;
    this.theirs = null;
    this.faults = {};
    this.#revision = revision;
    this.#saved = JSON.stringify(study);
    this.loaded = true;
  }
}

/** What was written and not saved is still there for whoever comes back from another page. */
const unsaved = new Map<string, StudyDraft>();
export function draftOf(organisation: string): StudyDraft {
  const kept = unsaved.get(organisation);
  if (kept?.isDirty) return kept;
  const draft = new StudyDraft(organisation);
  unsaved.set(organisation, draft);
  return draft;
}
