import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../api/types.js';
import { NO_FILTERS, changes, query, recordText } from './audit.js';

describe('before and after', () => {
  it('names what differs, leaf by leaf', () => {
    expect(changes({ value: { place: { lon: 2 } } }, { value: { place: { lon: 3 } } })).toEqual([{ path: 'place › lon', before: '2', after: '3' }]);
    expect(changes({ name: 'A', enabled: 1 }, undefined)).toEqual([
      { path: 'name', before: 'A', after: 'nothing' },
      { path: 'enabled', before: '1', after: 'nothing' },
    ]);
    expect(changes({ value: 'Quai' }, { value: 'Nord' })).toEqual([{ path: '', before: 'Quai', after: 'Nord' }]);
    expect(changes({ list: [1, 2] }, { list: [1] })).toEqual([{ path: 'list', before: '[1,2]', after: '[1]' }]);
    expect(changes({ a: { b: 1 } }, { a: 'text' })).toEqual([{ path: 'a', before: '{"b":1}', after: 'text' }]);
  });
  it('says of secrets only that they changed', () => {
    expect(changes({ key_pem: '[secret]' }, { key_pem: '[secret, changed]' })).toEqual([{ path: 'key_pem', before: 'secret, not shown', after: 'secret, changed' }]);
  });
});

describe('an event in the trail', () => {
  it('reads as it does in the list of events', () => {
    const record = (action: string, details: Record<string, string>) => ({ seq: 1, action, details }) as unknown as AuditRecord;
    expect(recordText(record('source_block_over', { source: '192.0.2.7', cause: 'requests' }))).toBe('192.0.2.7 is served again');
    expect(recordText(record('sources_blocked', { count: '7' }))).not.toContain('more time');
  });
});

describe('filters', () => {
  it('leave out what is empty and end a day with the next', () => {
    expect(query(NO_FILTERS)).toEqual({});
    const asked = query({ ...NO_FILTERS, from: '2026-11-22', to: '2026-11-22', account: ' alice ' });
    expect(asked['account']).toBe('alice');
    expect(Date.parse(asked['to'] ?? '') - Date.parse(asked['from'] ?? '')).toBe(86_400_000);
  });
});
