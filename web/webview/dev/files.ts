/** The pretended gateway's file export: a server whose key is not known until it is taken over, and two exports. */
import type { Files, FilesSettings, OutletTrial, SentFile } from '../src/api/types.js';

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
const KEY = 'SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE';
const iso = (at: number) => new Date(at).toISOString();
const quarter = () => Math.floor(Date.now() / QUARTER_MS) * QUARTER_MS;
let settings: FilesSettings = {
  enabled: true, protocol: 'sftp', host: 'files.port.example', port: 22, folder: 'quay/in', user: 'gateway', use_key: true, host_key: '', catch_up_days: 31,
  exports: [
    { name: 'Quotidien', measured: ['indexes', 'load_curves'], format: 'csv_wide', decimals: 'point', every: 'day', wait_minutes: 10, pattern: '{site}_{export}_{from}' },
    { name: 'GTB', measured: ['trends'], format: 'csv_standard', decimals: 'point', every: 'quarter', wait_minutes: 2, pattern: '{site}_{device}_{export}_{from}' },
  ],
};
let keyLine = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKx0p2mB5Wc3gB2uK5v9rZ8pJ1nGZr4oM3bqYb0f7cXw haubert-Terminal-du-quai-nord';
const reached = new Map<string, string>();

export const files = (): Files => ({
  settings,
  password_set: true,
  key_line: keyLine,
  state: !settings.enabled ? 'off' : settings.host_key ? 'idle' : 'waiting',
  allowed: true,
  sent_at: settings.enabled ? iso(Date.now() - 700_000) : null,
  failure: settings.host_key ? null : { code: 'host_key_unknown', detail: `the server shows the key ${KEY}`, at: iso(Date.now() - 90_000) },
  exports: settings.exports.filter(({ name }) => name !== 'Export 3').map(({ name }) => ({ export: name, reached: reached.get(name) ?? iso(quarter()) })),
  counters: { conversations: 12, files: 412, bytes: 8_310_448, empty: 2 },
});

export const keepFiles = (body: unknown): Files => {
  settings = (body as { settings: FilesSettings }).settings;
  return files();
};

export const newFilesKey = (): Files => {
  keyLine = keyLine.replace(/[A-Z]{4}(?= haubert)|cXw/, 'nEw');
  return files();
};

export const sendAgain = (body: unknown): Files => {
  const { export: name, from } = body as { export: string; from: string };
  reached.set(name, from);
  return files();
};

/** 120 files, in pages. */
export function sentFiles(query: URLSearchParams): { items: SentFile[]; next_cursor: string | null } {
  const limit = Number(query.get('limit') ?? 50);
  const first = Math.min(120, Number(query.get('cursor') ?? 121) - 1);
  const items = Array.from({ length: Math.min(limit, first) }, (_, at): SentFile => {
    const id = first - at;
    const to = quarter() - (120 - id) * QUARTER_MS;
    const stamp = (time: number) => iso(time).slice(0, 16).replaceAll(/[-:]/g, '');
    return id % 24 === 0
      ? { id, export: 'Quotidien', name: `Terminal-du-quai-nord_Quotidien_${stamp(to - DAY_MS)}+0000.csv`, bytes: 184_220 + id, from: iso(to - DAY_MS), to: iso(to), sent_at: iso(to + 600_000) }
      : { id, export: 'GTB', name: `Terminal-du-quai-nord_Grue-${id % 4}_GTB_${stamp(to - QUARTER_MS)}+0000.csv`, bytes: 9_120 + id, from: iso(to - QUARTER_MS), to: iso(to), sent_at: iso(to + 120_000) };
  });
  const last = items.at(-1)?.id ?? 1;
  return { items, next_cursor: last > 1 ? String(last) : null };
}

export function tryFiles(body: unknown): OutletTrial {
  const { settings: draft } = body as { settings: FilesSettings };
  const at = `192.0.2.42:${draft.port}`;
  const done = (step: string, detail: string) => ({ step, ok: true, code: null, detail });
  const begun = [done('resolve', at), done('reach', at)];
  if (draft.protocol === 'sftp' && draft.host_key !== KEY) return { ok: false, steps: [...begun, { step: 'greet', ok: false, code: 'host_key_unknown', detail: `the server shows the key ${KEY}` }] };
  const name = `haubert-test-${Date.now()}.txt`;
  return { ok: true, steps: [...begun, done('greet', draft.host_key), done('login', draft.user), done('folder', draft.folder), done('write', `${name} · 42 B`), done('remove', name)] };
}
