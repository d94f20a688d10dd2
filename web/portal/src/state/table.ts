// What the fleet page counts and filters by: pure, so that it does not depend on the screen.
import type { RingState } from '@haubert/ui';
import type { DeviceCounts, Gateway } from '../api/types';
import { chainOf, severity, weakest } from './chain';

export const stateFilters = ['all', 'online', 'attention', 'offline', 'waiting', 'revoked'] as const;
export type StateFilter = (typeof stateFilters)[number];
export type Counts = Record<StateFilter, number>;

export interface Row {
  gateway: Gateway;
  ring: RingState;
  /** History waits on the gateway for longer than its sending takes. */
  behind: boolean;
}

export function rowOf(gateway: Gateway, now: number, behindSince: number | null): Row {
  const chain = chainOf(gateway, now, behindSince);
  return {
    gateway,
    ring: weakest(chain)?.state ?? 'unknown',
    behind: chain.some(({ why }) => why.code === 'history_behind'),
  };
}

const matchers: Record<StateFilter, (row: Row) => boolean> = {
  all: () => true,
  online: ({ gateway }) => gateway.state === 'enrolled' && gateway.online,
  attention: ({ gateway, ring }) => gateway.state === 'enrolled' && gateway.online && (ring === 'weak' || ring === 'fails'),
  offline: ({ gateway }) => gateway.state === 'enrolled' && !gateway.online,
  waiting: ({ gateway }) => gateway.state === 'waiting',
  revoked: ({ gateway }) => gateway.state === 'revoked',
};

export const matching = (rows: readonly Row[], state: StateFilter, organisation: string): Row[] =>
  rows.filter((row) => matchers[state](row) && (organisation === '' || row.gateway.organisation_id === organisation));

export function countsOf(rows: readonly Row[]): Counts {
  const count = (filter: StateFilter) => rows.filter(matchers[filter]).length;
  return {
    all: count('all'),
    online: count('online'),
    attention: count('attention'),
    offline: count('offline'),
    waiting: count('waiting'),
    revoked: count('revoked'),
  };
}

/** Sorts the worst first; among equals, those that somebody can do something about before those put away on purpose. */
export function urgency({ gateway, ring }: Row): number {
  return gateway.state === 'revoked' ? 1 : -severity[ring];
}

export const totalOf = ({ online, degraded, offline, never_seen }: DeviceCounts): number => online + degraded + offline + never_seen;
export const silentOf = ({ offline, never_seen }: DeviceCounts): number => offline + never_seen;

/** What a gateway said before it fell silent is no longer shown as true. */
const reports = ({ state, online }: Gateway): boolean => state === 'enrolled' && online;
export const devicesNow = (gateway: Gateway): DeviceCounts | null => (reports(gateway) ? gateway.devices : null);
export const clockNow = (gateway: Gateway): boolean | null => (reports(gateway) ? gateway.clock_set : null);
export const powerNow = (gateway: Gateway): number | null => (reports(gateway) ? gateway.power_w : null);
