// A collector on loopback: Node's HTTPS server, which checks each request with the library standardwebhooks.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { Authority } from './authority.ts';

export const token = 'a-token-for-tests';

export interface Told {
  type: string;
  data: unknown;
}

export class Collector {
  /** The secret that the gateway signs with; without one nothing is taken. */
  secret = '';
  readonly told: Told[] = [];
  readonly #authority: Authority;
  readonly #server: Server;

  private constructor(authority: Authority) {
    this.#authority = authority;
    this.#server = createServer({ key: readFileSync(authority.file('server.key')), cert: readFileSync(authority.file('server.pem')) }, async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      response.statusCode = request.headers.authorization === `Bearer ${token}` ? this.#take(Buffer.concat(pieces).toString(), request.headers as Record<string, string>) : 401;
      response.end();
    });
  }

  #take(body: string, headers: Record<string, string>): number {
    if (this.secret === '') return 400;
    try {
      this.told.push(new Webhook(this.secret).verify(body, headers) as Told);
      return 202;
    } catch {
      return 400;
    }
  }

  static async start(): Promise<Collector> {
    const collector = new Collector(new Authority('Collector of the port'));
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `https://127.0.0.1:${address.port}/in`;
  }

  /** Its authority, PEM. */
  get authority(): string {
    return this.#authority.pem;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    this.#authority.remove();
  }
}
