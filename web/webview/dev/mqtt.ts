/** The pretended gateway's MQTT client: a broker that has been away for an hour, and a backlog that waits for it. */
import type { Mqtt, MqttSettings, OutletTrial } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
let settings: MqttSettings = {
  enabled: true, host: 'broker.port.example', port: 8883, version: '5', client_id: 'haubert-4f2c91aa', user: 'quay', client_certificate: false, format: 'json',
  prefix: 'port/quay-4', group_id: 'port', edge_node_id: 'quay-4', live_seconds: 10, history: true, home_assistant: true, discovery_prefix: 'homeassistant',
};

export const mqtt = (): Mqtt => ({
  settings,
  password_set: true,
  state: settings.enabled ? 'waiting' : 'off',
  allowed: true,
  connected_since: null,
  acknowledged_at: settings.enabled ? ago(3_700_000) : null,
  failure: settings.enabled ? { code: 'peer_expired', detail: 'the server’s certificate has expired', at: ago(21_000) } : null,
  backlog: { chunks: 41, samples: 12_480, oldest_at: ago(3_710_000) },
  counters: { connections: 3, sent: 81_204, sent_bytes: 60_418_221, acknowledged: 2_040, refused: 0, samples: 412_000, commands: 0, commands_refused: 0 },
});

export const keepMqtt = (body: unknown): Mqtt => {
  settings = (body as { settings: MqttSettings }).settings;
  return mqtt();
};

export const tryMqtt = (): OutletTrial => ({
  ok: false,
  steps: [
    { step: 'resolve', ok: true, code: null, detail: '192.0.2.40:8883' },
    { step: 'reach', ok: true, code: null, detail: '192.0.2.40:8883' },
    { step: 'tls', ok: false, code: 'peer_expired', detail: 'the server’s certificate has expired' },
  ],
});
