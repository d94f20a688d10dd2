/** Codes of the API as words and as rings. */
import { formatNumber, type Option, type RingState } from '@haubert/ui';
import { USAGES, type BusDiagnostics, type DeviceState, type GatewayEvent, type Line, type LinkState, type Quality, type Usage } from '../api/types.js';
import { t } from '../i18n/index.js';

export const usageLabel = (usage: string | null): string => t.dynamic(`usage.${usage ?? 'other'}`);
export const fluidLabel = (fluid: string): string => t.dynamic(`fluid.${fluid}`);
export const quantityLabel = (quantity: string): string => t.dynamic(`quantity.${quantity}`);
export const reasonLabel = (reason: string): string => t.dynamic(`reason.${reason}`);
export const usageOptions = (): Option[] => USAGES.map((usage) => ({ value: usage, label: usageLabel(usage) }));

const DEVICE_RING: Record<DeviceState, RingState> = { online: 'holds', degraded: 'weak', offline: 'fails', never_seen: 'unknown', disabled: 'declared' };
const BUS_RING: Record<BusDiagnostics['state'], RingState> = { ok: 'holds', degraded: 'weak', down: 'fails', off: 'declared' };
const LINK_RING: Record<LinkState['state'], RingState> = { online: 'holds', connecting: 'weak', offline: 'weak', refused: 'fails', not_enrolled: 'unknown', switched_off: 'unknown' };
const QUALITY_RING: Record<Quality, RingState> = { good: 'holds', uncertain: 'weak', bad: 'fails' };
const SEVERITY_RING: Record<GatewayEvent['severity'], RingState> = { info: 'declared', warning: 'weak', critical: 'fails' };

export const deviceRing = (state: DeviceState): RingState => DEVICE_RING[state] ?? 'unknown';
export const busRing = (state: BusDiagnostics['state']): RingState => BUS_RING[state] ?? 'unknown';
export const linkRing = (state: LinkState['state']): RingState => LINK_RING[state] ?? 'unknown';
export const qualityRing = (quality: Quality): RingState => QUALITY_RING[quality] ?? 'unknown';
export const severityRing = (severity: GatewayEvent['severity']): RingState => SEVERITY_RING[severity] ?? 'unknown';
export const historianRing = (state: 'ok' | 'disk_full' | 'error'): RingState => (state === 'ok' ? 'holds' : 'fails');

/** A line in a few words: where it goes and how. */
export function lineText(line: Line): string {
  if (line.kind === 'serial') return `${line.path}, ${formatNumber(line.baud, 0)} baud, 8${line.parity.charAt(0).toUpperCase()}${line.stop_bits}`;
  return `${t(`sources.kind.${line.kind}`)}, ${line.host.includes(':') ? `[${line.host}]` : line.host}:${line.port}`;
}

/** Two lines lead to the same place. */
export function sameLine(a: Line, b: Line): boolean {
  if (a.kind === 'serial' || b.kind === 'serial') return a.kind === 'serial' && b.kind === 'serial' && a.path === b.path;
  return a.kind === b.kind && a.host === b.host && a.port === b.port;
}

const USAGE_ORDER = new Map<string, number>(USAGES.map((usage, at) => [usage, at]));
export const byUsageOrder = (a: Usage, b: Usage): number => (USAGE_ORDER.get(a) ?? 99) - (USAGE_ORDER.get(b) ?? 99);
