import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import { identitiesTable } from './export';

it('names the provider of an identity, even one that is no longer offered', () => {
  const at = '2026-11-21T09:00:00.000Z';
  const table = identitiesTable([
    { id: 'a', provider: 'port', provider_name: 'Port ID', label: 'ada@port.example', created_at: at, last_used_at: null },
    { id: 'b', provider: 'old', provider_name: null, label: 'ada', created_at: at, last_used_at: at },
  ]);
  expect(JSON.parse(jsonOf([table]))).toEqual([
    { provider: 'port', label: 'ada@port.example', created_at: at, last_used_at: null },
    { provider: 'old', label: 'ada', created_at: at, last_used_at: at },
  ]);
  expect(table.rows.map(([provider]) => provider?.shown)).toEqual(['Port ID', 'old (no longer offered)']);
});
