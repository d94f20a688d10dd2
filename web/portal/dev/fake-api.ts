// A pretend hub for `npm run dev` and `npm run preview`: enough of /api/v1 to build and look at every page without a hub.
// Never shipped: only vite.config.ts imports it, and only for Vite's own servers. State lives in memory. Start with
// FAKE=empty for a hub without content, FAKE=login for one where nobody is signed in, FAKE=setup for the first run;
// FAKE_PROFILE=member or another profile for somebody else than a coordinator.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Plugin } from 'vite';
import type { SessionInfo } from '@haubert/ui';
import type { Enrolment, Gateway, NewGateway, Organisation, OrganisationKind, Site } from '../src/api/types.ts';
import { campaignRoutes } from './fake-campaigns.ts';
import { identityRoutes } from './fake-identities.ts';
import { keyRoutes } from './fake-keys.ts';
import { inventoryRoutes } from './fake-inventory.ts';
import { auditRoutes } from './fake-audit.ts';
import { labelRoutes } from './fake-labels.ts';
import { libraryRoutes } from './fake-libraries.ts';
import { mappingRoutes } from './fake-mapping.ts';
import { passwordRules, peopleRoutes, permissionsOf, type Who } from './fake-people.ts';
import { planRoutes } from './fake-plan.ts';
import { progressRoutes } from './fake-progress.ts';
import { registerRoutes } from './fake-register.ts';
import { reportRoutes } from './fake-report.ts';
import { standingRoutes } from './fake-standing.ts';
import { studyRoutes } from './fake-study.ts';
import { Fault, type Handler } from './fault.ts';
import { liveOf, samplesOf, seriesOf, world } from './world.ts';

const day = 86_400_000;
const scenario = process.env.FAKE ?? 'full';
const state = world(scenario === 'empty' || scenario === 'setup');
let needsSetup = scenario === 'setup';
let signedIn = scenario !== 'setup' && scenario !== 'login';

const isOwn = process.env.FAKE_PROFILE?.startsWith('member') ?? false;
let who: Who = { user: isOwn ? 'Bruno Gauthier' : 'first.coordinator', profile: process.env.FAKE_PROFILE ?? 'coordinator', organisation: (isOwn && state.organisations[1]?.id) || null };
const session = (): SessionInfo => ({ user: who.user, profile: who.profile, standing: 'full', permissions: permissionsOf(who.profile), has_password: true, expires_at: new Date(Date.now() + day).toISOString() });

const enrolment = (): Enrolment => ({
  token: 'hbt1-q8Zr5v1mXKpT4cN0eYhB7sLw2uFdJ9aGiOoR6xVtCk',
  expires_at: new Date(Date.now() + day).toISOString(),
  hub_url: 'https://hub.port-community.example:8443',
  fingerprint: Array.from({ length: 32 }, (_, at) => ((at * 37 + 11) % 256).toString(16).padStart(2, '0').toUpperCase()).join(':'),
});

function find<T extends { id: string }>(items: T[], id: string | undefined): T {
  const item = items.find((one) => one.id === id);
  if (!item) throw new Fault(404, 'not_found');
  return item;
}

function named(body: Record<string, string>): void {
  if (!body.name?.trim()) {
    throw new Fault(422, 'invalid_fields', [{ field: 'name', message_code: 'required', message: 'A name is required' }]);
  }
}

function relabel(gateway: Gateway): Gateway {
  const site = find(state.sites, gateway.site_id);
  const organisation = find(state.organisations, site.organisation_id);
  return { ...gateway, site_name: site.name, organisation_id: organisation.id, organisation_name: organisation.name };
}

function drop<T extends { id: string }>(items: T[], id: string | undefined): null {
  items.splice(items.indexOf(find(items, id)), 1);
  return null;
}

const list = (items: unknown[]) => ({ items, next_cursor: null });

const libraries = libraryRoutes(state.organisations[1]?.id, () => who.user);

const routes: [string, RegExp, Handler][] = [
  ['GET', /^\/setup$/, () => ({ needed: needsSetup, profiles: [{ profile: 'coordinator', required: true }], password_rules: passwordRules, notice: '' })],
  ['POST', /^\/setup$/, ({ body }) => {
    if (body.code !== 'AAAA-BBBB-CCCC') throw new Fault(422, 'setup_code_wrong');
    if ((body.password?.length ?? 0) < 10) {
      throw new Fault(422, 'invalid_fields', [{ field: 'password', message_code: 'password_too_short', message: 'Too short' }]);
    }
    needsSetup = false;
    signedIn = true;
    return session();
  }],
  ['POST', /^\/session$/, ({ body }) => {
    if (body.password === 'wrong') throw new Fault(401, 'credentials_wrong');
    signedIn = true;
    return session();
  }],
  ['DELETE', /^\/session$/, () => {
    signedIn = false;
    return null;
  }],
  ['GET', /^\/session$/, session],
  ['GET', /^\/about$/, () => ({ product: 'haubert-hub', version: '0.1.0' })],
  ['GET', /^\/organisations$/, () => list(state.organisations.filter(({ id }) => who.organisation === null || id === who.organisation))],
  ['POST', /^\/organisations$/, ({ body }) => {
    named(body);
    const organisation: Organisation = { id: randomUUID(), name: body.name ?? '', kind: body.kind as OrganisationKind };
    state.organisations.push(organisation);
    return organisation;
  }],
  ['PUT', /^\/organisations\/([^/]+)$/, ({ params, body }) => {
    named(body);
    return Object.assign(find(state.organisations, params[0]), body);
  }],
  ['DELETE', /^\/organisations\/([^/]+)$/, ({ params }) => {
    if (state.sites.some((site) => site.organisation_id === params[0])) throw new Fault(409, 'not_empty');
    return drop(state.organisations, params[0]);
  }],
  ['GET', /^\/sites$/, () => list(state.sites)],
  ['POST', /^\/sites$/, ({ body }) => {
    named(body);
    const site: Site = {
      id: randomUUID(),
      organisation_id: body.organisation_id ?? '',
      name: body.name ?? '',
      time_zone: body.time_zone ?? '',
      country: body.country ?? '',
    };
    state.sites.push(site);
    return site;
  }],
  ['PUT', /^\/sites\/([^/]+)$/, ({ params, body }) => {
    named(body);
    return Object.assign(find(state.sites, params[0]), body);
  }],
  ['DELETE', /^\/sites\/([^/]+)$/, ({ params }) => {
    if (state.gateways.some((gateway) => gateway.site_id === params[0])) throw new Fault(409, 'not_empty');
    return drop(state.sites, params[0]);
  }],
  ['GET', /^\/gateways$/, () => list(state.gateways.map(relabel))],
  ['POST', /^\/gateways$/, ({ body }) => {
    named(body);
    const gateway: Gateway = relabel({
      id: randomUUID(),
      name: body.name ?? '',
      site_id: body.site_id ?? '',
      site_name: '',
      organisation_id: '',
      organisation_name: '',
      state: 'waiting',
      online: false,
      last_seen_at: null,
      version: null,
      backlog_chunks: null,
      devices: null,
      power_w: null,
      certificate_expires_at: null,
      clock_set: null,
      audit: null,
    });
    state.gateways.push(gateway);
    return { gateway, enrolment: enrolment() } satisfies NewGateway;
  }],
  ['POST', /^\/gateways\/([^/]+)\/enrolment$/, ({ params }) => {
    find(state.gateways, params[0]).state = 'waiting';
    return { enrolment: enrolment() };
  }],
  ['POST', /^\/gateways\/([^/]+)\/revocation$/, ({ params }) => {
    Object.assign(find(state.gateways, params[0]), { state: 'revoked', online: false });
    return null;
  }],
  ['GET', /^\/gateways\/([^/]+)$/, ({ params }) => relabel(find(state.gateways, params[0]))],
  ['PUT', /^\/gateways\/([^/]+)$/, ({ params, body }) => {
    named(body);
    return relabel(Object.assign(find(state.gateways, params[0]), body));
  }],
  ['DELETE', /^\/gateways\/([^/]+)$/, ({ params }) => drop(state.gateways, params[0])],
  ['GET', /^\/gateways\/([^/]+)\/live$/, ({ params }) => liveOf(find(state.gateways, params[0]))],
  ['GET', /^\/gateways\/([^/]+)\/series$/, ({ params }) => list(seriesOf(find(state.gateways, params[0])))],
  ['GET', /^\/gateways\/([^/]+)\/series\/(\d+)\/samples$/, ({ params, query }) =>
    samplesOf(Number(params[1]), query.get('from') ?? '', query.get('to') ?? '')],
  ['GET', /^\/fleet\/stream$/, ({ response }) => stream(response)],
  ...peopleRoutes(state.organisations, scenario === 'empty', () => who, (next) => {
    who = next;
    signedIn = true;
  }),
  ...campaignRoutes(state.organisations, () => who.user),
  ...mappingRoutes(state.organisations[1]?.id),
  ...keyRoutes(scenario === 'empty'),
  ...identityRoutes(scenario === 'empty'),
  ...standingRoutes(() => state.organisations[1]?.id),
  ...planRoutes(state.organisations[1]?.id, () => who.user),
  ...auditRoutes(state.organisations[1]?.id, () => who.user, libraries),
  ...libraries,
  ...studyRoutes(state.organisations[1]?.id, () => who.user),
  ...progressRoutes(state.organisations[1]?.id, () => state.organisations),
  ...registerRoutes(state.organisations[1]?.id, () => who.user),
  ...inventoryRoutes(state.organisations[1]?.id, () => who.user),
  ...reportRoutes(state.organisations[1]),
  ...labelRoutes(state.organisations[1], () => who.user),
];

/** The fleet moves: about every two seconds one gateway reports. */
function stream(response: ServerResponse): undefined {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  let turn = 0;
  const timer = setInterval(() => {
    const alive = state.gateways.filter((gateway) => gateway.online);
    const gateway = alive[turn++ % Math.max(1, alive.length)];
    if (!gateway) return void response.write(': keep-alive\n\n');
    gateway.last_seen_at = new Date().toISOString();
    if (gateway.power_w !== null) gateway.power_w = Math.round(gateway.power_w * (0.98 + Math.random() * 0.04));
    response.write(`event: gateways\ndata: ${JSON.stringify({ items: [relabel(gateway)] })}\n\n`);
  }, 2000);
  response.on('close', () => clearInterval(timer));
  return undefined;
}

async function read(request: IncomingMessage): Promise<Record<string, string>> {
  let text = '';
  for await (const part of request) text += String(part);
  if (request.headers['content-type'] !== 'application/json') return { text };
  return text ? (JSON.parse(text) as Record<string, string>) : {};
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body === null ? undefined : JSON.stringify(body));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const method = request.method ?? 'GET';
  try {
    for (const [wanted, pattern, handler] of routes) {
      const match = pattern.exec(url.pathname);
      if (wanted !== method || !match) continue;
      if (method !== 'GET' && request.headers['x-haubert-request'] !== '1') throw new Fault(403, 'request_header_missing');
      if (!signedIn && !/^\/(setup|session(\/providers.*)?|invitation(\/(acceptance|journey))?|label\/[^/]+(\/badge)?)$/.test(url.pathname)) throw new Fault(401, 'not_signed_in');
      if (!signedIn && method === 'GET' && url.pathname === '/session') throw new Fault(401, 'not_signed_in');
      const result = handler({ params: match.slice(1), query: url.searchParams, body: await read(request), response });
      if (result !== undefined) send(response, result === null ? 204 : method === 'POST' ? 201 : 200, 'application/json', result);
      return;
    }
    throw new Fault(404, 'not_found');
  } catch (error) {
    const fault = error instanceof Fault ? error : new Fault(500, 'internal');
    if (!(error instanceof Fault)) console.error(error);
    send(response, fault.status, 'application/problem+json', {
      type: 'about:blank',
      title: fault.code,
      status: fault.status,
      detail: `(${fault.code})`,
      code: fault.code,
      fields: fault.fields,
    });
  }
}

export function fakeApi(): Plugin {
  return {
    name: 'haubert-fake-hub',
    apply: 'serve',
    configureServer({ middlewares }) {
      middlewares.use('/api/v1', (request, response) => void answer(request, response));
    },
    configurePreviewServer({ middlewares }) {
      middlewares.use('/api/v1', (request, response) => void answer(request, response));
    },
  };
}
