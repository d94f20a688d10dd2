// A mail server that nobody here wrote, on loopback, by TLS.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Authority } from './authority.ts';

export const user = 'gateway';
export const password = 'a-password-for-tests';
const here = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export interface Taken {
  to: string[];
  headers: Record<string, string>;
  text: string;
  files: Record<string, string>;
}

export class MailServer {
  readonly #process: ChildProcess;
  readonly #authority: Authority;
  readonly #lines: AsyncIterator<string>;
  readonly port: number;

  private constructor(process: ChildProcess, authority: Authority, lines: AsyncIterator<string>, port: number) {
    this.#process = process;
    this.#authority = authority;
    this.#lines = lines;
    this.port = port;
  }

  static async start(): Promise<MailServer> {
    const authority = new Authority('Mail of the port');
    const words = [here('tests/peers/smtp_server.py'), authority.file('server.pem'), authority.file('server.key'), 'tls', user, password];
    const process = spawn(here('target/tools/venv/bin/python'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
    const port = Number((await lines.next()).value);
    if (!port) throw new Error('aiosmtpd does not listen (make test installs it)');
    return new MailServer(process, authority, lines, port);
  }

  /** Its authority, PEM. */
  get authority(): string {
    return this.#authority.pem;
  }

  /** The next letter that it took. */
  async next(): Promise<Taken> {
    return JSON.parse((await this.#lines.next()).value as string) as Taken;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    this.#authority.remove();
  }
}
