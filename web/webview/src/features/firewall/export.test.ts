import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import { blocksTable, sourcesTable } from './export.js';

const at = '2026-11-22T09:05:00.000Z';

it('says until when a source is blocked, and that no kind of traffic means all', () => {
  const table = blocksTable([{ address: '192.0.2.9', source: '192.0.2.9', cause: 'hand', transport: null, since: at, until: '2026-11-22T10:05:00.000Z', left_ms: 5 }]);
  expect(JSON.parse(jsonOf([table]))).toEqual([{ source: '192.0.2.9', cause: 'hand', transport: null, since: at, until: '2026-11-22T10:05:00.000Z' }]);
  expect(table.rows[0]?.map(({ shown }) => shown)).toEqual(['192.0.2.9', 'by hand', 'all', { time: at }, { time: '2026-11-22T10:05:00.000Z' }]);
});

it('counts what each source asked for, in bytes', () => {
  const source = { address: '192.0.2.9', source: '192.0.2.9', transport: 'tcp', connections: 2, requests_per_second: 5, requests: 1234, bytes_in: 2048, bytes_out: 4096, refused: 1, blocked: false, reserved: true, last_at: at } as const;
  expect(JSON.parse(jsonOf([sourcesTable([source])]))).toEqual([
    { source: '192.0.2.9', state: 'reserved', transport: 'tcp', connections: 2, requests_per_second: 5, requests: 1234, bytes_in: 2048, bytes_out: 4096, refused: 1, last_at: at },
  ]);
});
