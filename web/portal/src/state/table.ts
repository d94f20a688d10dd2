// What the fleet table shows: pure, so that sorting and filtering do not depend on the screen.
import type { Gateway } from '../api/types';
import { chainOf, type RingState, weakest, worse } from './chain';

export type Column = 'state' | 'name' | 'organisation' | 'site' | 'last_seen' | 'version' | 'backlog' | 'devices' | 'power';
export type StateFilter = 'all' | 'online' | 'attention' | 'offline' | 'waiting' | 'revoked';

export interface Row {
  gateway: Gateway;
  ring: RingState;
}

export interface Counts {
  all: number;
  online: number;
  attention: number;
  offline: number;
  waiting: number;
  revoked: number;
}

export const rowOf = (gateway: Gateway, now: number): Row => ({
  gateway,
  ring: weakest(chainOf(gateway, now))?.state ?? 'unknown',
});

const matchers: Record<StateFilter, (row: Row) => boolean> = {
  all: () => true,
  online: ({ gateway }) => gateway.state === 'enrolled' && gateway.online,
  attention: ({ gateway, ring }) => gateway.state === 'enrolled' && gateway.online && (ring === 'weak' || ring === 'fails'),
  offline: ({ gateway }) => gateway.state === 'enrolled' && !gateway.online,
  waiting: ({ gateway }) => gateway.state === 'waiting',
  revoked: ({ gateway }) => gateway.state === 'revoked',
};

export function counts(rows: Row[]): Counts {
  const count = (filter: StateFilter) => rows.filter(matchers[filter]).length;
  return {
    all: rows.length,
    online: count('online'),
    attention: count('attention'),
    offline: count('offline'),
    waiting: count('waiting'),
    revoked: count('revoked'),
  };
}

const folded = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export interface Wanted {
  search: string;
  state: StateFilter;
  organisation: string;
}

export function filtered(rows: Row[], { search, state, organisation }: Wanted): Row[] {
  const words = folded(search).split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const { name, site_name, organisation_name, version, organisation_id } = row.gateway;
    if (!matchers[state](row)) return false;
    if (organisation !== '' && organisation_id !== organisation) return false;
    const text = folded(`${name} ${site_name} ${organisation_name} ${version ?? ''}`);
    return words.every((word) => text.includes(word));
  });
}

type Key = string | number | null;

const silentShare = ({ devices }: Gateway): number | null =>
  devices && devices.offline + devices.never_seen + devices.degraded / 1000;

const keys: Record<Exclude<Column, 'state'>, (gateway: Gateway) => Key> = {
  name: ({ name }) => name,
  organisation: ({ organisation_name }) => organisation_name,
  site: ({ site_name }) => site_name,
  last_seen: ({ last_seen_at }) => last_seen_at && Date.parse(last_seen_at),
  version: ({ version }) => version,
  backlog: ({ backlog_chunks }) => backlog_chunks,
  devices: silentShare,
  power: ({ power_w }) => power_w,
};

/** Sorted copy. Rows without the value stay last in both directions; equal rows stay in order of name. */
export function sorted(rows: Row[], column: Column, descending: boolean, locale: string): Row[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const sign = descending ? -1 : 1;
  const byName = (a: Row, b: Row) => collator.compare(a.gateway.name, b.gateway.name);
  if (column === 'state') return [...rows].sort((a, b) => sign * worse(a.ring, b.ring) || byName(a, b));
  const key = keys[column];
  return [...rows].sort((a, b) => {
    const x = key(a.gateway);
    const y = key(b.gateway);
    if (x === null || y === null) return x === y ? byName(a, b) : x === null ? 1 : -1;
    const order = typeof x === 'string' && typeof y === 'string' ? collator.compare(x, y) : Number(x) - Number(y);
    return sign * order || byName(a, b);
  });
}
