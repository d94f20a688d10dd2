import { describe, expect, it } from 'vitest';
import { RESOURCES } from '../../access.js';
import { en } from '../../i18n/en.js';
import { stateOf } from './standing.js';
import { changes, rows, toggled, type Table } from './table.js';

describe('accounts', () => {
  it('show first what keeps somebody out', () => {
    const fine = { enabled: true, locked: false, password_overdue: false, password_given: false };
    expect(stateOf(fine)).toBe('fine');
    expect(stateOf({ ...fine, password_given: true })).toBe('given');
    expect(stateOf({ ...fine, password_given: true, password_overdue: true })).toBe('overdue');
    expect(stateOf({ ...fine, password_overdue: true, locked: true })).toBe('locked');
    expect(stateOf({ ...fine, locked: true, enabled: false })).toBe('disabled');
  });
});

describe('the table of permissions', () => {
  const table: Table = { admin: ['sources:change', 'sources:view'], user: ['sources:view'] };
  it('tells what an edit gives and takes', () => {
    const edited = toggled(toggled(table, 'user', 'sources:change'), 'admin', 'sources:view');
    expect(changes(table, edited)).toEqual([
      { profile: 'admin', permission: 'sources:view', given: false },
      { profile: 'user', permission: 'sources:change', given: true },
    ]);
    expect(changes(table, toggled(toggled(edited, 'user', 'sources:change'), 'admin', 'sources:view'))).toEqual([]);
    expect(changes({}, { guest: ['events:view'] })).toEqual([{ profile: 'guest', permission: 'events:view', given: true }]);
  });
  it('has a row for each resource, with its actions in order', () => {
    expect(rows(['sources:change', 'sources:run', 'sources:view', 'events:view'])).toEqual([
      { resource: 'sources', permissions: ['sources:view', 'sources:change', 'sources:run'] },
      { resource: 'events', permissions: ['events:view'] },
    ]);
  });
  it('has words for every resource', () => {
    for (const resource of RESOURCES) expect(Object.keys(en)).toContain(`resource.${resource}`);
  });
});
