// An SFTP server that nobody here wrote, on loopback, with a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const user = 'gateway';
export const password = 'a-password-for-tests';
const here = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export class FileServer {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly port: number;
  /** Of its key. */
  readonly fingerprint: string;

  private constructor(process: ChildProcess, folder: string, port: number, fingerprint: string) {
    this.#process = process;
    this.#folder = folder;
    this.port = port;
    this.fingerprint = fingerprint;
  }

  static async start(): Promise<FileServer> {
    const folder = mkdtempSync(join(tmpdir(), 'haubert-files-'));
    const words = [here('tests/peers/file_servers.py'), 'sftp', folder, user, password, '-'];
    // It ends when its input does.
    const process = spawn(here('target/tools/venv/bin/python'), words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const first = await createInterface({ input: process.stdout! })[Symbol.asyncIterator]().next();
    const [port, fingerprint = ''] = String(first.value ?? '').split(' ');
    if (!Number(port)) {
      process.kill();
      rmSync(folder, { recursive: true });
      throw new Error('asyncssh does not listen (make test installs it)');
    }
    return new FileServer(process, folder, Number(port), fingerprint);
  }

  /** Names of what it has in a folder. */
  names(folder: string): string[] {
    return readdirSync(join(this.#folder, folder)).sort();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
