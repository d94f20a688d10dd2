/** The pretended gateway's SNMP agent: a supervision that asks, and a receiver that does not acknowledge. */
import type { Snmp, SnmpChange, SnmpSettings, SnmpStep } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
let settings: SnmpSettings = {
  enabled: true, contact: 'control room', location: 'Quay 4', v2c: false, tell_alarms: true, tell_failures: true,
  users: [{ name: 'supervision', authentication: 'sha256', privacy: 'aes128' }],
  receivers: [{ host: 'nms.port.example', port: 162, inform: true, user: 'supervision' }],
};

export const snmp = (): Snmp => ({
  settings,
  community_set: false,
  state: settings.enabled ? 'open' : 'off',
  allowed: true,
  v2c_allowed: false,
  address: '0.0.0.0:161',
  detail: null,
  engine_id: '9f0c41d2a87e5b3316c0de42f7a19b8e05',
  engine_boots: 12,
  devices: 24,
  measures: 612,
  counters: { received: 81_204, answered: 81_160, values: 1_940_311, unauthentic: 41, other_versions: 3, malformed: 0 },
  talks: [
    { source: '192.0.2.40', user: 'supervision', requests: 81_160, answers: 81_160, last_at: ago(9_000) },
    { source: '192.0.2.77', user: null, requests: 44, answers: 0, last_at: ago(5_400_000) },
  ],
  told: settings.receivers.map(({ host, port, inform }) => ({ host, port, inform, sent: 7, lost: 1, waiting: 2, last_at: ago(3_700_000), failure: { code: 'no_answer', detail: 'no acknowledgement came in time', at: ago(21_000) } })),
});

export const keepSnmp = (body: unknown): Snmp => {
  settings = (body as SnmpChange).settings;
  return snmp();
};

export const trySnmp = (): { ok: boolean; steps: SnmpStep[] } => ({
  ok: false,
  steps: [
    { step: 'enter', receiver: null, ok: true, code: null, detail: 'supervision · Haubert gateway 0.1.0' },
    { step: 'devices', receiver: null, ok: true, code: null, detail: 'Main supply · Crane 1 · Crane 2' },
    { step: 'measures', receiver: null, ok: true, code: null, detail: '41260 · 13702 · 13811' },
    { step: 'unprotected', receiver: null, ok: true, code: null, detail: 'authorizationError' },
    { step: 'write', receiver: null, ok: true, code: null, detail: 'authorizationError' },
    { step: 'inform', receiver: 'nms.port.example:162', ok: false, code: 'no_answer', detail: 'no acknowledgement came in time' },
  ],
});
