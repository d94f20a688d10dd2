// A broker that nobody here wrote, on loopback, with an authority of its own; it speaks TLS only and asks for a password.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Authority } from './authority.ts';

export const user = 'gateway';
export const password = 'a-password-for-tests';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });

export class Mosquitto {
  readonly port: number;
  readonly #authority: Authority;
  readonly #process: ChildProcess;

  private constructor(port: number, authority: Authority, process: ChildProcess) {
    this.port = port;
    this.#authority = authority;
    this.#process = process;
  }

  static async start(): Promise<Mosquitto> {
    const authority = new Authority('Broker of the port');
    execFileSync('mosquitto_passwd', ['-b', '-c', authority.file('passwords'), user, password], { stdio: 'pipe' });
    const port = await freePort();
    const file = (name: string) => authority.file(name);
    // As root it would give up being root, and then read none of these files.
    writeFileSync(file('conf'), `user root\nlistener ${port} 127.0.0.1\ncafile ${file('ca.pem')}\ncertfile ${file('server.pem')}\nkeyfile ${file('server.key')}\nallow_anonymous false\npassword_file ${file('passwords')}\n`);
    const process = spawn('/usr/sbin/mosquitto', ['-c', file('conf')], { stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries += 1) {
      if (tries > 100 || process.exitCode !== null) throw new Error('mosquitto does not listen (make test installs it)');
      await new Promise((done) => setTimeout(done, 100));
    }
    return new Mosquitto(port, authority, process);
  }

  /** Its authority, PEM. */
  get authority(): string {
    return this.#authority.pem;
  }

  /** The first message of a topic, as `mosquitto_sub` prints it. */
  first(topic: string): string {
    const words = ['-h', '127.0.0.1', '-p', String(this.port), '--cafile', this.#authority.file('ca.pem'), '-u', user, '-P', password, '-C', '1', '-W', '20', '-t', topic];
    return execFileSync('mosquitto_sub', words, { encoding: 'utf8' }).trim();
  }

  /** Publishes with `mosquitto_pub`, at least once. */
  say(topic: string, text: string): void {
    const words = ['-h', '127.0.0.1', '-p', String(this.port), '--cafile', this.#authority.file('ca.pem'), '-u', user, '-P', password, '-q', '1', '-t', topic, '-m', text];
    execFileSync('mosquitto_pub', words, { stdio: 'pipe' });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    this.#authority.remove();
  }
}
