// One child process of the system under test: started with a ready file, watched, and ended by its own id.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the binaries are: $HAUBERT_BIN_DIR, or the debug build of this repository. */
const binaries = process.env.HAUBERT_BIN_DIR ?? resolve(import.meta.dirname, '../../../target/debug');

/** The file of one of our programs. */
export const binary = (name: string): string => join(binaries, name);

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const KEEP_CHARS = 200_000;

export class Program {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #listeners = new Set<() => void>();

  constructor(name: string, args: string[]) {
    this.name = name;
    const path = join(binaries, name);
    if (!existsSync(path)) throw new Error(`${path} is missing: build it first, or set HAUBERT_BIN_DIR`);
    this.#child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEEP_CHARS);
        this.#tell();
      });
    }
    this.#exited = new Promise((done) => {
      this.#child.once('error', (error) => {
        this.#output += String(error);
        done();
      });
      this.#child.once('exit', () => done());
    });
    void this.#exited.then(() => this.#tell());
  }

  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** The ready file's content, as soon as it is whole. Fails at once when the process ends first. */
  async ready<T>(file: string): Promise<T> {
    return this.#until(`ready file ${basename(file)}`, dirname(file), () => {
      if (!existsSync(file)) return undefined;
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as T;
      } catch {
        return undefined; // not yet whole
      }
    });
  }

  /** First capture of `pattern` in what the process printed. */
  async printed(pattern: RegExp): Promise<string> {
    return this.#until(`a line like ${pattern}`, undefined, () => pattern.exec(this.#output)?.[1]);
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const impatient = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.#exited;
    clearTimeout(impatient);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #until<T>(what: string, folder: string | undefined, look: () => T | undefined): Promise<T> {
    return new Promise((done, fail) => {
      const watcher = folder === undefined ? undefined : watch(folder, () => check());
      const late = setTimeout(() => end(() => fail(this.#problem(`gave no ${what} in time`))), READY_WITHIN_MS);
      const end = (finish: () => void) => {
        clearTimeout(late);
        watcher?.close();
        this.#listeners.delete(check);
        finish();
      };
      const check = () => {
        const found = look();
        if (found !== undefined) end(() => done(found));
        else if (!this.running) end(() => fail(this.#problem(`ended before giving ${what}`)));
      };
      this.#listeners.add(check);
      check();
    });
  }

  #problem(text: string): Error {
    return new Error(`${this.name} ${text}. It printed:\n${this.#output}`);
  }
}
