/** The firewall's settings as a form holds them: numbers as typed, networks one per line. */
import type { FirewallSettings, FirewallSource } from '../../api/types.js';

/** The numbers of the form, by group, in the order in which they are shown. */
export const GROUPS = {
  limits: ['requests_per_second', 'kilobits_in_per_second', 'kilobits_out_per_second', 'burst_seconds', 'block_seconds'],
  connections: ['connections_per_source', 'connections', 'total_requests_per_second'],
  slow: ['slow.handshake_seconds', 'slow.header_seconds', 'slow.idle_seconds', 'slow.stall_seconds', 'slow.bytes_per_second'],
} as const;
export type NumberName = (typeof GROUPS)[keyof typeof GROUPS][number] | 'reserved_percent';

/** Least and most, as the gateway has them. */
export const RANGES: Readonly<Record<NumberName, readonly [number, number]>> = {
  requests_per_second: [1, 100_000],
  kilobits_in_per_second: [8, 10_000_000],
  kilobits_out_per_second: [8, 10_000_000],
  burst_seconds: [1, 60],
  block_seconds: [1, 86_400],
  connections_per_source: [1, 8_192],
  connections: [8, 8_192],
  total_requests_per_second: [1, 1_000_000],
  reserved_percent: [0, 90],
  'slow.handshake_seconds': [1, 120],
  'slow.header_seconds': [1, 120],
  'slow.idle_seconds': [1, 3_600],
  'slow.stall_seconds': [1, 120],
  'slow.bytes_per_second': [1, 1_000_000],
};
const NAMES = Object.keys(RANGES) as NumberName[];

export interface Draft {
  enabled: boolean;
  numbers: Record<NumberName, number | null>;
  reserved: string;
  /** By listener: who is denied, and who alone is allowed. */
  deny: Record<string, string>;
  allow: Record<string, string>;
  defaultDeny: boolean;
  openTcp: string;
  openUdp: string;
}

const lines = (list: readonly (string | number)[] | undefined): string => (list ?? []).join('\n');
const parts = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

function numberOf(settings: FirewallSettings, name: NumberName): number {
  const limits = settings.limits;
  const slow = name.startsWith('slow.') ? (name.slice(5) as keyof typeof limits.slow) : null;
  return slow ? limits.slow[slow] : limits[name as Exclude<NumberName, `slow.${string}`>];
}

export function draftOf(settings: FirewallSettings, listeners: readonly string[]): Draft {
  const rules = settings.limits.listeners;
  const names = [...new Set([...listeners, ...Object.keys(rules)])].sort();
  const numbers = Object.fromEntries(NAMES.map((name) => [name, numberOf(settings, name)])) as Draft['numbers'];
  return {
    enabled: settings.limits.enabled,
    numbers,
    reserved: lines(settings.limits.reserved),
    deny: Object.fromEntries(names.map((name) => [name, lines(rules[name]?.deny)])),
    allow: Object.fromEntries(names.map((name) => [name, lines(rules[name]?.allow)])),
    defaultDeny: settings.kernel.default_deny,
    openTcp: lines(settings.kernel.open_tcp),
    openUdp: lines(settings.kernel.open_udp),
  };
}

/** What is sent; only a draft without [`faults`] makes sense. */
export function settingsOf(draft: Draft): FirewallSettings {
  const number = (name: NumberName) => draft.numbers[name] ?? 0;
  const slow = (name: 'handshake_seconds' | 'header_seconds' | 'idle_seconds' | 'stall_seconds' | 'bytes_per_second') => number(`slow.${name}`);
  const listeners = Object.fromEntries(
    Object.keys(draft.deny)
      .map((name) => [name, { allow: parts(draft.allow[name] ?? ''), deny: parts(draft.deny[name] ?? '') }] as const)
      .filter(([, rule]) => rule.allow.length || rule.deny.length),
  );
  return {
    limits: {
      enabled: draft.enabled,
      requests_per_second: number('requests_per_second'),
      kilobits_in_per_second: number('kilobits_in_per_second'),
      kilobits_out_per_second: number('kilobits_out_per_second'),
      burst_seconds: number('burst_seconds'),
      block_seconds: number('block_seconds'),
      connections_per_source: number('connections_per_source'),
      connections: number('connections'),
      total_requests_per_second: number('total_requests_per_second'),
      reserved: parts(draft.reserved),
      reserved_percent: number('reserved_percent'),
      listeners,
      slow: {
        handshake_seconds: slow('handshake_seconds'),
        header_seconds: slow('header_seconds'),
        idle_seconds: slow('idle_seconds'),
        stall_seconds: slow('stall_seconds'),
        bytes_per_second: slow('bytes_per_second'),
      },
    },
    kernel: { default_deny: draft.defaultDeny, open_tcp: parts(draft.openTcp).map(Number), open_udp: parts(draft.openUdp).map(Number) },
  };
}

/** The numbers that are out of their range. */
export const wrongNumbers = (draft: Draft): NumberName[] =>
  NAMES.filter((name) => {
    const value = draft.numbers[name];
    const [least, most] = RANGES[name];
    return value === null || !Number.isInteger(value) || value < least || value > most;
  });

/** The ports that are none, in `open_tcp` or `open_udp`. */
export const arePorts = (text: string): boolean => parts(text).every((part) => /^\d{1,5}$/.test(part) && Number(part) >= 1 && Number(part) <= 65_535);

/** Whether a source is served, and how. */
export const sourceStanding = ({ blocked, reserved }: Pick<FirewallSource, 'blocked' | 'reserved'>): 'blocked' | 'reserved' | 'served' =>
  blocked ? 'blocked' : reserved ? 'reserved' : 'served';

/** Seconds as a clock that runs down shows them: `0:42`. */
export const countdown = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};
