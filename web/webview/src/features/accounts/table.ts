/** The table of permissions while it is edited: pure. */
export type Table = Readonly<Record<string, readonly string[]>>;
export type Action = 'view' | 'change' | 'run';
export interface Change {
  profile: string;
  permission: string;
  /** Whether it is given; otherwise taken. */
  given: boolean;
}
export interface Row {
  resource: string;
  permissions: readonly string[];
}

const ACTIONS: readonly Action[] = ['view', 'change', 'run'];

export const has = (table: Table, profile: string, permission: string): boolean => table[profile]?.includes(permission) ?? false;

/** `table` with one permission given or taken. */
export function toggled(table: Table, profile: string, permission: string): Table {
  const before = table[profile] ?? [];
  const after = before.includes(permission) ? before.filter((one) => one !== permission) : [...before, permission].sort();
  return { ...table, [profile]: after };
}

/** What `after` gives and takes, by profile. */
export function changes(before: Table, after: Table): Change[] {
  const profiles = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return profiles.flatMap((profile) => {
    const all = [...new Set([...(before[profile] ?? []), ...(after[profile] ?? [])])].sort();
    return all.filter((permission) => has(before, profile, permission) !== has(after, profile, permission)).map((permission) => ({ profile, permission, given: has(after, profile, permission) }));
  });
}

/** Permissions by resource, in the order in which they come; the actions of one in theirs. */
export function rows(permissions: readonly string[]): Row[] {
  const resources = [...new Set(permissions.map((permission) => permission.split(':')[0] ?? ''))];
  return resources.map((resource) => ({ resource, permissions: ACTIONS.map((action) => `${resource}:${action}`).filter((one) => permissions.includes(one)) }));
}
