// A broker that nobody here wrote, on loopback, with an authority of its own; it speaks TLS only and asks for a password.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
  readonly #dir: string;
  readonly #process: ChildProcess;

  private constructor(port: number, dir: string, process: ChildProcess) {
    this.port = port;
    this.#dir = dir;
    this.#process = process;
  }

  static async start(): Promise<Mosquitto> {
    const dir = mkdtempSync(join(tmpdir(), 'haubert-broker-'));
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: dir, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=Broker authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    openssl('req', ...key, '-keyout', 'broker.key', '-out', 'broker.csr', '-subj', '/CN=Broker of the port');
    writeFileSync(join(dir, 'ext'), 'subjectAltName=IP:127.0.0.1\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n');
    openssl('x509', '-req', '-in', 'broker.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'ext', '-out', 'broker.pem');
    execFileSync('mosquitto_passwd', ['-b', '-c', join(dir, 'passwords'), user, password], { stdio: 'pipe' });
    const port = await freePort();
    const file = (name: string) => join(dir, name);
    // As root it would give up being root, and then read none of these files.
    writeFileSync(file('conf'), `user root\nlistener ${port} 127.0.0.1\ncafile ${file('ca.pem')}\ncertfile ${file('broker.pem')}\nkeyfile ${file('broker.key')}\nallow_anonymous false\npassword_file ${file('passwords')}\n`);
    const process = spawn('/usr/sbin/mosquitto', ['-c', file('conf')], { stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries += 1) {
      if (tries > 100 || process.exitCode !== null) throw new Error('mosquitto does not listen (make test installs it)');
      await new Promise((done) => setTimeout(done, 100));
    }
    return new Mosquitto(port, dir, process);
  }

  /** Its authority, PEM. */
  get authority(): string {
    return readFileSync(join(this.#dir, 'ca.pem'), 'utf8');
  }

  /** The first message of a topic, as `mosquitto_sub` prints it. */
  first(topic: string): string {
    const words = ['-h', '127.0.0.1', '-p', String(this.port), '--cafile', join(this.#dir, 'ca.pem'), '-u', user, '-P', password, '-C', '1', '-W', '20', '-t', topic];
    return execFileSync('mosquitto_sub', words, { encoding: 'utf8' }).trim();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
