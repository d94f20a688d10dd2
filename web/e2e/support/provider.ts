// An identity provider that nobody here wrote (oidc-provider, certified by the OpenID Foundation), on a free port of the loopback, with a
// key made at its start. Who it signs in is said by the walk: its own pages are not what is walked.
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Provider from 'oidc-provider';

const CLIENT = 'haubert-hub';
const SECRET = 'a secret of the walk, and of nothing else';

export class IdentityProvider {
  readonly issuer: string;
  /** Who is signed in next; nobody cancels. */
  person: string | null = 'lea';
  readonly #server: Server;
  #answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.writeHead(503).end();

  private constructor(server: Server) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new IdentityProvider(server);
  }

  /** How a hub is told of it, in its configuration. */
  settings(folder: string): string {
    const file = join(folder, 'provider.secret');
    writeFileSync(file, SECRET);
    chmodSync(file, 0o600);
    const text = (value: string) => JSON.stringify(value);
    return `[[identity_providers]]\nid = "port"\nname = "Port account"\nissuer = ${text(this.issuer)}\nclient_id = "${CLIENT}"\nclient_secret_file = ${text(file)}\n`;
  }

  /** Serves this hub and no other. */
  serve(hub: string): void {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [`${hub}/api/v1/session/providers/port/callback`], grant_types: ['authorization_code'], response_types: ['code'] }],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'walk' }] },
      cookies: { keys: ['of the walk'] },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      conformIdTokenClaims: false,
      claims: { openid: ['sub'], profile: ['preferred_username'] },
      findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, preferred_username: `${sub}@port` }) }),
      interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    });
    const serve = provider.callback();
    this.#answer = (request, response) => {
      if (request.url?.startsWith('/interaction/')) void this.#interact(provider, request, response);
      else serve(request, response);
    };
  }

  async #interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.person === null) return provider.interactionFinished(request, response, { error: 'access_denied', error_description: '<b>no</b>' });
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId: this.person } });
    const grant = new provider.Grant({ accountId: session?.accountId ?? this.person, clientId: params.client_id });
    grant.addOIDCScope('openid profile');
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
