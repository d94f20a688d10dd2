import { readFileSync } from 'node:fs';
/**
 * The pretended gateway's answers. Sign in with any password but "wrong": as admin, or as a user named like another profile, such as
 * advanced_user. Cookie `fake=setup` shows the set-up page.
 */
import type { Bus, BusInput, Device, DeviceInput, Diagnostics, Discovery, DiscoveryInput, Found, GatewayEvent, LinkState, Profile, Session, Site, TestReport, Zone } from '../src/api/types.js';
import { home, liveNow, samples, series } from './history.js';
import { checkHistory, history, keepLimits, keepTrends, preview, scheduleChecks } from './kept.js';
import { addAlarmRule, alarmCounts, alarmNotices, alarmRules, listAlarms } from './alarms.js';
import { files, keepFiles, newFilesKey, sendAgain, sentFiles, tryFiles } from './files.js';
import { add, addPicture, comparison, exceedances, factors, keepShedding, pictures, references, scene, shedding, tariffs, valued } from './monitoring.js';
import { keepMail, letters, mail, tryMail } from './mail.js';
import { keepMqtt, mqtt, tryMqtt } from './mqtt.js';
import { keepPush, newPushKeys, push, tryPush } from './push.js';
import { keepLinks, keepTimeCheck, links, timeCheck } from './ways.js';
import { bacnet, keepBacnet, tryBacnet } from './bacnet.js';
import { keepSnmp, snmp, trySnmp } from './snmp.js';
import { keepModbusServer, modbusServer, tryModbusServer } from './outlets.js';
import { buses, devices, loads, powerAt, zones } from './plant.js';

export interface Answer {
  status: number;
  body?: unknown;
  text?: string;
  /** Of the text; CSV when absent. */
  type?: string;
  headers?: Record<string, string>;
}
const ok = (body: unknown, status = 200): Answer => ({ status, body });
const list = <T>(items: T[], status = 200): Answer => ok({ items, next_cursor: null }, status);
const done: Answer = { status: 204 };
const problem = (status: number, code: string, fields?: { field: string; message_code: string; message: string }[]): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, fields } });
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const site: Site = { name: 'Terminal du quai nord', time_zone: 'Europe/Paris', country: 'FR' };
let link: LinkState = { state: 'online', hub_url: 'https://hub.example:8443', backlog_chunks: 3, backlog_bytes: 48_200, last_ack_at: ago(0.1), certificate_expires_at: ago(-60 * 24 * 80), error: null };
const discoveries = new Map<string, { at: number; input: DiscoveryInput; stopped: boolean }>();
const events: GatewayEvent[] = [
  { id: 6, at: ago(47), severity: 'warning', code: 'device_offline', params: { device: 'Frigos rangée C' } },
  { id: 5, at: ago(180), severity: 'warning', code: 'clock_jump', params: { by_ms: '-3600000' } },
  { id: 4, at: ago(300), severity: 'warning', code: 'meter_exchanged', params: { device: 'Éclairage des quais', before: '2241037', after: '2243911' } },
  { id: 3, at: ago(400), severity: 'critical', code: 'history_damaged', params: { file: '/var/lib/haubert/history.db.damaged-1795000000000', detail: '' } },
  { id: 2, at: ago(1500), severity: 'info', code: 'hub_enrolled', params: { hub: 'https://hub.example:8443' } },
  { id: 1, at: ago(1510), severity: 'info', code: 'started', params: { version: '0.1.0' } },
];
const PROFILES = ['user', 'advanced_user', 'admin', 'cyber_security'];
let signedInAs = 'admin';
/** As shipped (edge/gateway/permissions.md). */
const permissionsOf = (profile: string): string[] => {
  const table = readFileSync(new URL('../../../edge/gateway/permissions.md', import.meta.url), 'utf8').split('\n').filter((line) => line.startsWith('|'));
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const column = cells(table[0] ?? '').indexOf(profile);
  return table.slice(2).map(cells).filter((row) => row[column] === 'yes').map((row) => row[1] ?? '');
};
const session = (): Session => ({ user: signedInAs, profile: PROFILES.includes(signedInAs) ? signedInAs : 'admin', standing: 'full', permissions: permissionsOf(signedInAs), has_password: true, expires_at: ago(-600) });
const signIn = (user: unknown, status = 200): Answer => {
  signedInAs = String(user);
  return { ...ok(session(), status), headers: { 'set-cookie': 'fake=in; Path=/' } };
};
const models: [id: string, model: string, channels: number][] = [
  ['socomec/countis-e24', 'Countis E24', 1], ['socomec/countis-e28', 'Countis E28', 1], ['socomec/countis-e34', 'Countis E34', 1], ['socomec/countis-ci', 'Countis Ci', 7], ['socomec/diris-a40', 'DIRIS A-40', 1],
  ['socomec/diris-b30', 'DIRIS B-30', 4], ['socomec/digiware-i-35', 'Digiware I-35', 3], ['socomec/digiware-i-60', 'Digiware I-60', 6], ['sunspec/inverter', 'Inverter (models 101–103)', 1],
];
const profiles = models.map(([id, model, channels]): Profile => ({ id, vendor: id.startsWith('socomec') ? 'Socomec' : 'SunSpec', model, family: 'jbus', verified: true, source: 'vendor table', fluids: ['electricity'], channels, has_log: id.startsWith('socomec/countis'), origin: 'built_in', used_by: [] }));

function discovery(id: string): Discovery | null {
  const run = discoveries.get(id);
  if (!run) return null;
  const total = run.input.last_unit - run.input.first_unit + 1;
  const probed = Math.min(total, Math.floor((Date.now() - run.at) / 60));
  const all: Found[] = [5, 6, 12, 31, 60].map((unit, at) => ({
    line: run.input.line, unit, profile_id: at === 4 ? null : ['socomec/countis-e34', 'socomec/countis-e34', 'socomec/digiware-i-35', 'sunspec/inverter'][at] ?? null, base: at === 3 ? 40000 : null,
    identity: { vendor: at === 4 ? null : at === 3 ? 'SMA' : 'SOCOMEC', product: [`Countis E34`, 'Countis E34', 'Digiware I-35', 'STP 50-40', null][at] ?? null, version: '1.14', serial: at === 4 ? null : `22${41200 + at}`, table_version: 104 },
    channels: at === 2 ? 3 : 1, load_names: at === 2 ? ['Grue 4', 'Grue 5', 'Pompe'] : [], by: at === 4 ? 'answers' : at === 3 ? 'sunspec' : 'identification_block', already_known: at === 1,
  }));
  return {
    id, probed, total, started_at: new Date(run.at).toISOString(), error: null,
    state: run.stopped ? 'cancelled' : probed >= total ? 'done' : 'running', found: all.filter((one) => one.unit < run.input.first_unit + probed && one.unit >= run.input.first_unit),
  };
}

function testReport(device: Device): TestReport {
  if (device.state === 'offline' || device.state === 'never_seen')
    return { ok: false, round_trip_ms: null, identity: null, error: { code: 'no_answer', detail: 'no answer within 300 ms' }, requests: [{ function: 3, address: 50000, count: 66, ok: false, round_trip_ms: 300, error: 'no_answer' }], points: [] };
  return {
    ok: true, round_trip_ms: 31.4, identity: device.identity, error: null,
    requests: [{ function: 3, address: 50000, count: 66, ok: true, round_trip_ms: 42.1, error: null }, { function: 3, address: 50514, count: 60, ok: true, round_trip_ms: 31.4, error: null }],
    points: [
      { channel: 1, quantity: 'voltage_l1', address: 50520, words: ['0x0000', '0x5A3C'], value: 231, unit: 'V', quality: 'good', reason: 'measured' },
      { channel: 1, quantity: 'current_l1', address: 50528, words: ['0x0005', '0xD1E4'], value: 381.412, unit: 'A', quality: 'good', reason: 'measured' },
      { channel: 1, quantity: 'active_power_total', address: 50536, words: ['0x0000', '0x6798'], value: 265200, unit: 'W', quality: 'good', reason: 'measured' },
      { channel: 1, quantity: 'power_factor_total', address: 50542, words: ['0xFFFF', '0xFFFF'], value: null, unit: '', quality: 'bad', reason: 'not_available' },
    ],
  };
}

const diagnostics = (): Diagnostics => ({
  at: new Date().toISOString(),
  buses: buses.map((bus, at) => ({
    id: bus.id, name: bus.name, line: bus.line, state: at === 1 ? 'degraded' : 'ok', since: ago(at === 1 ? 47 : 3000), requests_per_s: [14.2, 6.1, 1.4][at] ?? 0, values_per_s: [412, 88, 40][at] ?? 0, errors_per_s: at === 1 ? 0.4 : 0,
    totals: { requests: 812_345, answers: 811_900, timeouts: 421, crc: at === 1 ? 19 : 0, exceptions: 5, malformed: 0, stale: 0, useful_registers: 9_000_000, useful_wire_us: 0, polls: 400_000, late_polls: 12 },
    round_trip_ms: { p50: [4.2, 38.5, 21][at] ?? 0, p95: [9.1, 71, 48][at] ?? 0, p99: [20, 90, 60][at] ?? 0, max: [60, 300, 120][at] ?? 0 }, bus_load: [0.06, 0.71, 0.04][at] ?? 0, utilisation: at === 1 ? 0.64 : null, scheduling_ms: { p50: 0.08, p95: 0.2, p99: 0.4, max: 2.1 }, lateness_ms: { p50: 0.2, p95: 1.1, p99: 3, max: 12 }, cycle_ms: [1000, 2240, 5000][at] ?? null,
    devices: devices.filter((device) => device.bus_id === bus.id).map((device) => ({
      id: device.id, name: device.name, unit: device.unit, state: device.state, last_ok_at: device.last_ok_at, requests: 92_000, errors: { timeouts: device.state === 'offline' ? 380 : 2, crc: 0, exceptions: 0, malformed: 0 },
      round_trip_ms: device.state === 'offline' ? null : { p50: 30, p95: 61, p99: 120, max: 210 }, consecutive_failures: device.state === 'offline' ? 41 : 0, next_try_at: device.state === 'offline' ? ago(-0.7) : null, think_ms: device.state === 'offline' ? null : { p50: 18, p95: 30, p99: 40, max: 92 }, gap: at === 1 ? 14 : 48, one_request_per_value: false, refused: device.state === 'degraded' ? [{ function: 3, start: 50514, count: 120, since: ago(4000) }] : [],
    })),
  })),
  historian: { series: series.length, bytes: 184_000_000, samples: 92_400_000, waiting: 0, dropped: 0, oldest_at: ago(60 * 24 * 400), last_write_at: ago(0.02), state: 'ok' },
  clock: { now: new Date().toISOString(), set: false, last_jump: { at: ago(180), by_ms: -3_600_000 } },
  link,
  backfill: { running: null, last: [{ device: devices[1]?.id ?? '', at: ago(46), from: ago(180), to: ago(47), recovered: 13, missing: 0, why: null }] },
});

let made = 0;
const newId = (kind: number) => `1000000${kind}-0000-4000-8000-${String((made += 1)).padStart(12, '0')}`;
const addDevice = (input: DeviceInput): Device => {
  const device: Device = {
    bus_id: input.bus_id, name: input.name, unit: input.unit, profile_id: input.profile_id, base: input.base ?? null, id: newId(3), reading: { max_registers: null, gap: null, pause_ms: 0, one_request_per_value: false, periods: { power_ms: null, energy_ms: null, quality_ms: null }, read_log: false },
    identity: input.identity ?? { vendor: null, product: null, version: null, serial: null, table_version: null }, state: 'never_seen', last_ok_at: null, channels: input.channels ?? (input.load_names?.length || 1), enabled: true,
  };
  devices.push(device);
  return device;
};
const remove = <T extends { id: string }>(list: T[], id: string): Answer => {
  const at = list.findIndex((one) => one.id === id);
  if (at < 0) return problem(404, 'not_found');
  list.splice(at, 1);
  return done;
};
const edit = <T extends { id: string }>(list: T[], id: string, change: object): Answer => {
  const one = list.find((candidate) => candidate.id === id);
  return one ? ok(Object.assign(one, change)) : problem(404, 'not_found');
};

export function answer(method: string, path: string, query: URLSearchParams, input: unknown, cookie: string): Answer {
  const body = (input ?? {}) as Record<string, unknown>;
  const [, root = '', id = '', sub = ''] = path.split('/');
  const route = `${method} /${root}${id ? '/:' : ''}${sub ? `/${sub}` : ''}`;
  const signedIn = cookie.includes('fake=in');
  if (route === 'GET /setup') return ok({ needed: cookie.includes('fake=setup') });
  if (route === 'POST /setup') return body['code'] === '1234' ? signIn(body['user'], 201) : problem(403, 'setup_code_wrong');
  if (route === 'POST /session') return body['password'] === 'wrong' ? problem(401, 'wrong_credentials') : signIn(body['user']);
  if (!signedIn) return problem(401, 'not_signed_in');
  if (route === 'GET /session') return ok(session());
  if (route === 'DELETE /session') return { ...done, headers: { 'set-cookie': 'fake=; Path=/; Max-Age=0' } };
  switch (route) {
    case 'GET /about': return ok({ product: 'haubert-gateway', version: '0.1.0', time_zone: site.time_zone });
    case 'GET /site': return ok(site);
    case 'PUT /site': return ok(Object.assign(site, body));
    case 'GET /zones': return list(zones);
    case 'POST /zones': {
      const zone: Zone = { id: newId(1), name: String(body['name']), parent_id: (body['parent_id'] as string | null) ?? null };
      zones.push(zone);
      return ok(zone, 201);
    }
    case 'PUT /zones/:': return edit(zones, id, body);
    case 'DELETE /zones/:': return remove(zones, id);
    case 'GET /loads': return list(loads.map((load) => ({ ...load, power_w: load.fluid === 'electricity' ? powerAt(load, Date.now()) : null })));
    case 'PUT /loads/:': return edit(loads, id, body);
    case 'GET /device-profiles': return ok({ items: profiles, next_cursor: null, faults: [] });
    case 'GET /serial-ports': return list([{ path: '/dev/ttyUSB0', description: 'FTDI USB-RS485' }, { path: '/dev/ttyS1', description: 'UART 1' }]);
    case 'GET /buses': return list(buses);
    case 'POST /buses': {
      const bus: Bus = { ...(body as unknown as BusInput), id: newId(2), held_by: null };
      if (!bus.name) return problem(422, 'invalid', [{ field: 'name', message_code: 'required', message: 'required' }]);
      buses.push(bus);
      return ok(bus, 201);
    }
    case 'PUT /buses/:': return edit(buses, id, body);
    case 'DELETE /buses/:': return remove(buses, id);
    case 'GET /devices': return list(devices);
    case 'POST /devices': return ok(addDevice(body as unknown as DeviceInput), 201);
    case 'POST /devices/:': return list((body['devices'] as DeviceInput[]).map(addDevice), 201);
    case 'PUT /devices/:': return edit(devices, id, body);
    case 'DELETE /devices/:': return remove(devices, id);
    case 'POST /devices/:/test': {
      const device = devices.find((one) => one.id === id);
      return device ? ok(testReport(device)) : problem(404, 'not_found');
    }
    case 'POST /discoveries': {
      const fresh = newId(5);
      discoveries.set(fresh, { at: Date.now(), input: body as unknown as DiscoveryInput, stopped: false });
      return ok(discovery(fresh), 201);
    }
    case 'GET /discoveries/:': return discovery(id) ? ok(discovery(id)) : problem(404, 'not_found');
    case 'DELETE /discoveries/:': {
      const run = discoveries.get(id);
      if (run) run.stopped = true;
      return done;
    }
    case 'GET /history': return ok(history());
    case 'PUT /history/:': return ok(path.endsWith('limits') ? keepLimits(body) : keepTrends(body));
    case 'POST /history/:/preview': return ok(preview(body));
    case 'POST /history/:': return checkHistory(true), { status: 202 };
    case 'DELETE /history/:': return checkHistory(false), done;
    case 'PUT /history/:/schedule': return ok(scheduleChecks(body));
    case 'GET /live': return ok(liveNow(query));
    case 'GET /home': return ok(home(site));
    case 'GET /series': return list(series.filter((one) => !query.get('load_id') || one.load_id === query.get('load_id')));
    case 'GET /series/:/samples': {
      const answerOf = samples(Number(id), Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? ''), Number(query.get('max_points') ?? 800));
      return answerOf ? ok(answerOf) : problem(404, 'not_found');
    }
    case 'GET /series/:': return { status: 200, text: 'time,value\n' };
    case 'GET /consumption': return ok(valued(query));
    case 'GET /comparison': return ok(comparison(query));
    case 'GET /tariffs': return list(tariffs);
    case 'POST /tariffs': return ok(add(tariffs, 'tariff', body), 201);
    case 'PUT /tariffs/:': return edit(tariffs, id, { tariff: body });
    case 'DELETE /tariffs/:': return remove(tariffs, id);
    case 'GET /emission-factors': return list(factors);
    case 'POST /emission-factors': return ok(add(factors, 'factor', body), 201);
    case 'PUT /emission-factors/:': return edit(factors, id, { factor: body });
    case 'DELETE /emission-factors/:': return remove(factors, id);
    case 'GET /references': return list(references);
    case 'POST /references': return ok(add(references, 'reference', body), 201);
    case 'PUT /references/:': return edit(references, id, { reference: body });
    case 'DELETE /references/:': return remove(references, id);
    case 'GET /load-shedding': return ok(shedding());
    case 'PUT /load-shedding': return ok(keepShedding(body));
    case 'GET /load-shedding/:': return list(exceedances(query));
    case 'GET /pictures': return list(pictures);
    case 'POST /pictures': return ok(addPicture(query.get('name') ?? ''), 201);
    case 'PUT /pictures/:': return edit(pictures, id, body);
    case 'DELETE /pictures/:': return remove(pictures, id);
    case 'GET /pictures/:/image': return { status: 200, text: scene(), type: 'image/svg+xml' };
    case 'GET /diagnostics': return ok(diagnostics());
    case 'GET /events': return list(events);
    case 'GET /alarms': return list(listAlarms(query));
    case 'GET /alarms/counts': return ok(alarmCounts());
    case 'GET /alarm-rules': return list(alarmRules());
    case 'POST /alarm-rules': return ok(addAlarmRule(body));
    case 'GET /alarm-rules/notices': return list(alarmNotices());
    case 'GET /time/:': return ok(timeCheck());
    case 'PUT /time/:': return ok(keepTimeCheck(body));
    case 'GET /links': return ok(links());
    case 'PUT /links': return ok(keepLinks(body));
    case 'GET /outlets/:': return ok(id === 'mqtt' ? mqtt() : id === 'bacnet' ? bacnet() : id === 'snmp' ? snmp() : id === 'mail' ? mail() : id === 'files' ? files() : id === 'push' ? push() : modbusServer());
    case 'PUT /outlets/:': return ok(id === 'mqtt' ? keepMqtt(body) : id === 'bacnet' ? keepBacnet(body) : id === 'snmp' ? keepSnmp(body) : id === 'mail' ? keepMail(body) : id === 'files' ? keepFiles(body) : id === 'push' ? keepPush(body) : keepModbusServer(body));
    case 'POST /outlets/:/test': return ok(id === 'mqtt' ? tryMqtt() : id === 'bacnet' ? tryBacnet() : id === 'snmp' ? trySnmp() : id === 'mail' ? tryMail() : id === 'files' ? tryFiles(body) : id === 'push' ? tryPush() : tryModbusServer());
    case 'POST /outlets/:/keys': return ok(newPushKeys());
    case 'POST /outlets/:/key': return ok(newFilesKey());
    case 'POST /outlets/:/again': return ok(sendAgain(body));
    case 'GET /outlets/:/sent': return ok(sentFiles(query));
    case 'GET /outlets/:/letters': return list(letters());
    case 'GET /hub-link': return ok(link);
    case 'POST /hub-link/:':
      if (!String(body['token']).startsWith('hb')) return problem(422, 'token_unknown', [{ field: 'token', message_code: 'token_unknown', message: 'unknown token' }]);
      link = { ...link, state: 'online', hub_url: String(body['hub_url']) };
      return ok(link, 201);
    case 'DELETE /hub-link':
      link = { state: 'not_enrolled', hub_url: null, backlog_chunks: 0, backlog_bytes: 0, last_ack_at: null, certificate_expires_at: null, error: null };
      return done;
    default: return problem(404, 'not_found');
  }
}
