// The API as a second way in: walks that are not about set-up or sign-in prepare their ground with it, quickly.
import { type APIRequestContext, expect, request } from '@playwright/test';
import type { Plant } from './system.ts';

/** The Cyber security account that `setUp` makes on a gateway. */
export const securityUser = 'security';

const header = { 'X-Haubert-Request': '1' };

class Api {
  readonly #url: string;
  readonly #setupCode: () => Promise<string>;
  #context: APIRequestContext | undefined;

  constructor(url: string, setupCode: () => Promise<string>) {
    this.#url = url;
    this.#setupCode = setupCode;
  }

  /**
   * Makes the first accounts, unless there are some, and keeps the session of `account` (the administrator of a gateway, the coordinator of a
   * hub) for the calls that follow. A gateway gets its Cyber security account too, with the same password.
   */
  async setUp(account: { user: string; password: string }): Promise<void> {
    const { needed, profiles } = await this.get<{ needed: boolean; profiles: { profile: string }[] }>('/setup');
    if (!needed) return;
    const known = new Set(profiles.map(({ profile }) => profile));
    const accounts = known.has('admin')
      ? [{ profile: 'admin', ...account }, { profile: 'cyber_security', ...account, user: securityUser }]
      : [...known].map((profile) => ({ profile, ...account }));
    await this.post('/setup', { code: await this.#setupCode(), accounts });
  }

  get<T>(path: string): Promise<T> {
    return this.#send<T>('GET', path);
  }

  post<T>(path: string, data: unknown): Promise<T> {
    return this.#send<T>('POST', path, data);
  }

  put<T>(path: string, data: unknown): Promise<T> {
    return this.#send<T>('PUT', path, data);
  }

  /** The session's cookies, to open a page as somebody who has signed in. */
  async cookies() {
    return (await (await this.#session()).storageState()).cookies;
  }

  async close(): Promise<void> {
    await this.#context?.dispose();
  }

  async #session(): Promise<APIRequestContext> {
    this.#context ??= await request.newContext({ ignoreHTTPSErrors: true });
    return this.#context;
  }

  async #send<T>(method: string, path: string, data?: unknown): Promise<T> {
    const session = await this.#session();
    const answer = await session.fetch(`${this.#url}/api/v1${path}`, { method, headers: header, data });
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

interface Found {
  unit: number;
  identity: { product?: string | null; serial?: string | null };
  profile_id: string | null;
  base: number | null;
  load_names: string[];
}

interface Discovery {
  id: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  found: Found[];
}

export class GatewayApi extends Api {
  /** Adds the plant's TCP devices as the sources page would: a bus, a discovery on it, all that was found. */
  async addPlant({ tcp }: Plant): Promise<void> {
    const line = { kind: 'tcp', host: tcp.host, port: tcp.port };
    const bus = await this.post<{ id: string }>('/buses', {
      name: 'Plant',
      line,
      timeout_ms: 1000,
      poll_ms: 1000,
      enabled: true,
    });
    const started = await this.post<Discovery>('/discoveries', { line, first_unit: 1, last_unit: tcp.devices.length + 1 });
    const discovery = await this.#finished(started);
    const known = discovery.found.filter((found) => found.profile_id !== null);
    if (known.length === 0) throw new Error(`discovery found nothing: ${JSON.stringify(discovery)}`);
    await this.post('/devices/batch', {
      devices: known.map((found) => ({
        bus_id: bus.id,
        name: `${found.identity.product ?? 'Meter'} ${found.unit}`,
        unit: found.unit,
        profile_id: found.profile_id,
        base: found.base,
        identity: found.identity,
        load_names: found.load_names,
      })),
    });
  }

  async #finished(discovery: Discovery): Promise<Discovery> {
    let latest = discovery;
    const state = async () => (latest = await this.get<Discovery>(`/discoveries/${discovery.id}`)).state;
    await expect.poll(state, { message: 'discovery ends', timeout: 60_000 }).toBe('done');
    return latest;
  }
}

export interface Enrolment {
  token: string;
  hub_url: string;
  fingerprint: string;
}

export class HubApi extends Api {
  /** An organisation, a site on it and a gateway waiting there. */
  async addGateway(name: string): Promise<{ id: string; enrolment: Enrolment }> {
    const organisation = await this.post<{ id: string }>('/organisations', { name: 'North quay terminal', kind: 'terminal' });
    const site = await this.post<{ id: string }>('/sites', {
      organisation_id: organisation.id,
      name: 'Container terminal',
      time_zone: 'Europe/Paris',
      country: 'FR',
    });
    const { gateway, enrolment } = await this.post<{ gateway: { id: string }; enrolment: Enrolment }>('/gateways', {
      site_id: site.id,
      name,
    });
    const { token, hub_url, fingerprint } = enrolment;
    return { id: gateway.id, enrolment: { token, hub_url, fingerprint } };
  }
}
