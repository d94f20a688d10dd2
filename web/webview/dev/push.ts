/** The pretended gateway's HTTPS push: a server that takes what it is given, and a test that it refuses. */
import type { OutletTrial, Push, PushKeys, PushSettings } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const PUBLIC = `whpk_${btoa('pretended public key, 32 bytes!!')}`;
let settings: PushSettings = {
  enabled: true, url: 'https://collector.port.example/in', user: '', client_certificate: false, history: true, alarms: true, live_seconds: 60,
};

export const push = (): Push => ({
  settings,
  password_set: true,
  public_key: PUBLIC,
  state: settings.enabled ? 'idle' : 'off',
  allowed: true,
  sent_at: settings.enabled ? ago(42_000) : null,
  failure: null,
  backlog: { chunks: 0, samples: 0, oldest_at: null },
  counters: { requests: 1_284, bytes: 48_300_000, samples: 391_200 },
});

export const keepPush = (body: unknown): Push => {
  settings = (body as { settings: PushSettings }).settings;
  return push();
};

export const newPushKeys = (): PushKeys => ({ public_key: PUBLIC, secret: `whsec_${btoa('pretended secret key, 32 bytes!!')}` });

export const tryPush = (): OutletTrial => ({
  ok: false,
  steps: [
    { step: 'resolve', ok: true, code: null, detail: '192.0.2.43:443' },
    { step: 'reach', ok: true, code: null, detail: '192.0.2.43:443' },
    { step: 'tls', ok: true, code: null, detail: 'TLSv1_3 · CN=collector.port.example' },
    { step: 'tell', ok: false, code: 'login_refused', detail: '401 Unauthorized' },
  ],
});
