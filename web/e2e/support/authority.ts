// An authority made with openssl, and a server's certificate that it signed, in a folder of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Authority {
  readonly #dir: string = mkdtempSync(join(tmpdir(), 'haubert-peer-'));

  /** `ca.pem`, `server.pem` and `server.key`; the server is called `subject` and reached at 127.0.0.1. */
  constructor(subject: string) {
    const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: this.#dir, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=Authority of the port', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', `/CN=${subject}`);
    writeFileSync(this.file('ext'), 'subjectAltName=IP:127.0.0.1\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n');
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'ext', '-out', 'server.pem');
  }

  file(name: string): string {
    return join(this.#dir, name);
  }

  /** PEM. */
  get pem(): string {
    return readFileSync(this.file('ca.pem'), 'utf8');
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
