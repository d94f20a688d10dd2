// Answers on their way to the hub. Each subject has its own line: while one save is under way later changes wait for it and go as one,
// each carries the revision that the hub gave to the one before, and what could not be saved stays until it is.
import { ApiError } from '@haubert/ui';
import type { Answer, AnswerGiven } from '../api/standing-types';

export type SaveState = 'idle' | 'saving' | 'saved' | 'failed' | 'conflict';
/** What is sent for one subject. */
export type Sent = AnswerGiven & { subject: string; node: string; revision: number };
export interface Hub {
  put: (answer: Sent) => Promise<Answer>;
  /** Newest first. */
  history: (subject: string) => Promise<Answer[]>;
}
export interface Conflict {
  subject: string;
  mine: AnswerGiven;
  theirs: Answer;
}

const NOTHING: AnswerGiven = { choice: null, score: null, words: null, not_applicable: null, comment: '' };

interface Line {
  node: string;
  revision: number;
  draft: AnswerGiven;
  waits: boolean;
  runs: boolean;
}

export class Answering {
  /** What the page shows: the hub's answers with what was changed here since. */
  answers = $state.raw<ReadonlyMap<string, AnswerGiven>>(new Map());
  states = $state.raw<ReadonlyMap<string, SaveState>>(new Map());
  conflict = $state.raw<Conflict | null>(null);
  error = $state.raw<unknown>(null);
  #lines = new Map<string, Line>();
  #hub: Hub;

  constructor(hub: Hub, answers: readonly Answer[]) {
    this.#hub = hub;
    for (const answer of answers) this.#lines.set(answer.subject, { node: answer.node, revision: answer.revision, draft: answer, waits: false, runs: false });
    this.answers = new Map(answers.map((answer) => [answer.subject, answer]));
  }

  of(subject: string): AnswerGiven {
    return this.answers.get(subject) ?? NOTHING;
  }

  /** Whether something is not at the hub yet. */
  get unsaved(): boolean {
    return [...this.states.values()].some((state) => state === 'saving' || state === 'failed' || state === 'conflict');
  }

  /** Changes an answer and saves it at once. */
  async change(subject: string, node: string, change: Partial<AnswerGiven>): Promise<void> {
    const line = this.#line(subject, node);
    const { choice, score, words, not_applicable, comment } = { ...line.draft, ...change };
    line.draft = { choice, score, words, not_applicable, comment };
    line.waits = true;
    this.answers = new Map(this.answers).set(subject, line.draft);
    await this.#run(subject, line);
  }

  /** Sends what could not be saved once more. */
  async retry(subject: string): Promise<void> {
    const line = this.#lines.get(subject);
    if (line) await this.#run(subject, line);
  }

  /** Ends a conflict: what was chosen goes on top of the other's answer. */
  async settle(chosen: AnswerGiven): Promise<void> {
    const conflict = this.conflict;
    const line = conflict && this.#lines.get(conflict.subject);
    if (!conflict || !line) return;
    this.conflict = null;
    line.revision = conflict.theirs.revision;
    await this.change(conflict.subject, line.node, chosen);
  }

  #line(subject: string, node: string): Line {
    const line = this.#lines.get(subject) ?? { node, revision: 0, draft: NOTHING, waits: false, runs: false };
    this.#lines.set(subject, line);
    return line;
  }

  #tell(subject: string, state: SaveState): void {
    this.states = new Map(this.states).set(subject, state);
  }

  async #run(subject: string, line: Line): Promise<void> {
    if (line.runs || this.conflict?.subject === subject) return;
    line.runs = true;
    this.error = null;
    this.#tell(subject, 'saving');
    try {
      while (line.waits) {
        line.waits = false;
        const { revision } = await this.#hub.put({ subject, node: line.node, revision: line.revision, ...line.draft });
        line.revision = revision;
      }
      this.#tell(subject, 'saved');
    } catch (error) {
      line.waits = true;
      await this.#failed(subject, line, error);
    } finally {
      line.runs = false;
    }
  }

  async #failed(subject: string, line: Line, error: unknown): Promise<void> {
    this.error = error;
    if (error instanceof ApiError && error.code === 'changed_meanwhile') {
      try {
        const [theirs] = await this.#hub.history(subject);
        if (theirs) {
          this.conflict = { subject, mine: line.draft, theirs };
          this.#tell(subject, 'conflict');
          return;
        }
      } catch (cause) {
        this.error = cause;
      }
    }
    this.#tell(subject, 'failed');
  }
}
