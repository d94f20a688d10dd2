/** The pretended gateway's BACnet/IP server: a building management system that reads it. */
import type { Bacnet, BacnetSettings, OutletTrial } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
let settings: BacnetSettings = { enabled: true, instance: 100, network: 20_100, foreign_devices: false, bbmd: '192.0.2.1' };

export const bacnet = (): Bacnet => ({
  settings,
  state: settings.enabled ? 'open' : 'off',
  allowed: true,
  address: '0.0.0.0:47808',
  detail: null,
  registration: settings.enabled && settings.bbmd !== '' ? 'done' : 'none',
  meters: settings.enabled ? ['Main supply', 'Crane 1', 'Crane 2', 'Reefers north'].map((name, at) => ({ instance: settings.instance + at + 1, name, objects: 61 })) : [],
  counters: {
    received: 48_211, refused: 12, sent: 48_377, failed: 9, malformed: 1, notifications: 166, subscriptions: 8, foreign_devices: 0,
    requests: { who_is: 24, who_has: 2, read_property: 610, read_property_multiple: 47_310, read_range: 240, subscribe_cov: 8, write: 3, router: 6, foreign: 0, other: 8 },
  },
  talks: [
    { source: '192.0.2.50', requests: 48_190, answers: 48_360, last_at: ago(4_000) },
    { source: '192.0.2.51', requests: 21, answers: 17, last_at: ago(7_200_000) },
  ],
});

export const keepBacnet = (body: unknown): Bacnet => {
  settings = body as BacnetSettings;
  return bacnet();
};

export const tryBacnet = (): OutletTrial => ({
  ok: true,
  steps: [
    { step: 'find', ok: true, code: null, detail: 'I-Am 100' },
    { step: 'route', ok: true, code: null, detail: 'I-Am-Router-To-Network 20100' },
    { step: 'meter', ok: true, code: null, detail: 'I-Am 101' },
    { step: 'read', ok: true, code: null, detail: 'Main supply · active_power_total 1 Main supply · 412600' },
    { step: 'write', ok: true, code: null, detail: 'write-access-denied' },
  ],
});
