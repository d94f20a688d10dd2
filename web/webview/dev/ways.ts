/** The pretended gateway's time servers and links: one server errs, one does not answer, the VPN is down. */
import type { LinkSettings, Links, TimeCheck, TimeCheckSettings } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
let time: TimeCheckSettings = {
  enabled: true, servers: [{ host: 'ntp.port.example', port: 123 }, { host: '192.0.2.123', port: 123 }, { host: 'time.provider.example', port: 123 }, { host: 'clock.old.example', port: 1123 }], period_seconds: 600, limit_ms: 1000,
};
const SAID: Omit<TimeCheck['servers'][number], 'host' | 'port'>[] = [
  { reachable: true, stratum: 2, offset_ms: -3, round_trip_ms: 12, uncertainty_ms: 14, answered_at: ago(96_000), contradicts: false, denied: false, failure: null },
  { reachable: true, stratum: 1, offset_ms: 4, round_trip_ms: 31, uncertainty_ms: 17, answered_at: ago(96_000), contradicts: false, denied: false, failure: null },
  { reachable: true, stratum: 3, offset_ms: 61_240, round_trip_ms: 28, uncertainty_ms: 44, answered_at: ago(96_000), contradicts: true, denied: false, failure: null },
  { reachable: false, stratum: null, offset_ms: null, round_trip_ms: null, uncertainty_ms: null, answered_at: ago(7_300_000), contradicts: false, denied: true, failure: { code: 'server_denies', detail: 'the server refuses: it wants no more questions', at: ago(96_000) } },
];

export const timeCheck = (): TimeCheck => ({
  settings: time,
  allowed: true,
  state: time.enabled ? 'trusted' : 'off',
  since: ago(86_400_000),
  offset_ms: time.enabled ? -3 : null,
  checked_at: time.enabled ? ago(94_000) : null,
  now: ago(0),
  servers: time.enabled ? time.servers.flatMap((server, at) => (SAID[at] ? [{ ...server, ...SAID[at] }] : [])) : [],
});

export const keepTimeCheck = (body: unknown): TimeCheck => {
  time = body as TimeCheckSettings;
  return timeCheck();
};

let settings: LinkSettings = { links: [{ name: 'eth0', kind: 'ethernet' }, { name: 'wwan0', kind: 'modem' }, { name: 'wg0', kind: 'wireguard' }, { name: 'port-du-havre', kind: 'ipsec' }], handshake_lost_seconds: 180 };
const nothing = { chunks: 0, samples: 0, oldest_at: null };

export const links = (): Links => ({
  settings,
  at: ago(2_000),
  links: settings.links.map(({ name, kind }) => ({
    name, kind, state: kind === 'wireguard' ? 'down' : 'up', reason: kind === 'wireguard' ? 'not_heard' : null, since: ago(kind === 'wireguard' ? 2_460_000 : 260_000_000), heard_at: kind === 'wireguard' ? ago(2_640_000) : null,
    remote: kind === 'wireguard' ? '198.51.100.7:51820' : kind === 'ipsec' ? '198.51.100.9' : null, modem: kind === 'modem' ? { state: 'connected', operator: 'Réseau mobile', technology: 'lte', signal_percent: 67 } : null, signal_dbm: kind === 'wifi' ? -61 : null,
  })),
  interfaces: [
    { name: 'eth0', medium: 'ethernet', up: true, way_out_v4: true, way_out_v6: false, rx_bytes: 48_200_000_000, tx_bytes: 9_120_000_000, signal_dbm: null },
    { name: 'lo', medium: 'loopback', up: true, way_out_v4: false, way_out_v6: false, rx_bytes: 712_000, tx_bytes: 712_000, signal_dbm: null },
    { name: 'wg0', medium: 'wireguard', up: true, way_out_v4: false, way_out_v6: false, rx_bytes: 18_400_000, tx_bytes: 92_100_000, signal_dbm: null },
    { name: 'wwan0', medium: 'modem', up: true, way_out_v4: false, way_out_v6: true, rx_bytes: 1_900_000, tx_bytes: 3_300_000, signal_dbm: null },
  ],
  status_at: ago(14_000),
  status_missing: null,
  backlog: { hub: { chunks: 12, samples: 48_200, oldest_at: ago(2_400_000) }, mqtt: nothing, push: { chunks: 2, samples: 5_120, oldest_at: ago(2_400_000) } },
});

export const keepLinks = (body: unknown): Links => {
  settings = body as LinkSettings;
  return links();
};
