/** The policy as its page edits it: a draft beside the one in force, switches by group, networks as lines of text. */
import type { RingState } from '@haubert/ui';
import type { Policy, PolicyService, PolicyState, ServiceId } from '../../api/types.js';

export const KINDS = ['physical', 'input', 'service', 'outlet'] as const;
export const RINGS: Readonly<Record<PolicyService['state'], RingState>> = { off: 'unknown', held: 'weak', idle: 'declared', used: 'holds' };

/** What is being edited: the document, with each list of networks as the lines that are typed. */
export interface Draft {
  minimum: Policy['tls']['minimum'];
  on: Record<string, boolean>;
  sources: Record<string, string>;
  ports: Record<string, boolean>;
}

export function draftOf(state: Pick<PolicyState, 'policy' | 'services' | 'ports'>): Draft {
  const { policy } = state;
  const setting = (id: ServiceId) => policy.services[id];
  return {
    minimum: policy.tls.minimum,
    on: Object.fromEntries(state.services.map(({ service }) => [service, setting(service)?.enabled ?? false])),
    sources: Object.fromEntries(state.services.filter((one) => one.reach === 'listens').map(({ service }) => [service, (setting(service)?.sources ?? []).join('\n')])),
    ports: Object.fromEntries(state.ports.map((port) => [port.path, port.open])),
  };
}

export const lines = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** The document of a draft. A port that follows the others is not named, unless it was. */
export function policyOf(draft: Draft, before: Policy): Policy {
  const services = Object.fromEntries(
    Object.entries(draft.on).map(([service, enabled]) => {
      const sources = lines(draft.sources[service] ?? '');
      return [service, sources.length ? { enabled, sources } : { enabled }];
    }),
  );
  const ports = Object.entries(draft.ports).filter(([path, open]) => !open || path in before.serial_ports);
  return { ...before, tls: { minimum: draft.minimum }, services, serial_ports: Object.fromEntries(ports) };
}

/** Whether a draft says something else than the policy in force. */
export const differs = (draft: Draft, state: PolicyState): boolean => JSON.stringify(normal(draft)) !== JSON.stringify(normal(draftOf(state)));

const normal = (draft: Draft) => ({ ...draft, sources: Object.fromEntries(Object.entries(draft.sources).map(([service, text]) => [service, lines(text)])) });

/** Which part of the document a change is about: what its row is called. */
export type Place = { kind: 'tls' } | { kind: 'enabled' | 'sources'; service: string } | { kind: 'port'; path: string };

export function placeOf(path: string): Place {
  const [top, service, field] = path.split('.');
  if (top === 'services' && service) return { kind: field === 'sources' ? 'sources' : 'enabled', service };
  if (top === 'serial_ports') return { kind: 'port', path: path.slice('serial_ports.'.length) };
  return { kind: 'tls' };
}

/**
 * Faults of networks, by service. The gateway's path (`policy.services.?.sources[1]`) has the place in the list and not always the service:
 * then it is one whose list is that long.
 */
export function networkErrors(faults: Record<string, string>, draft: Draft | null): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [field, text] of Object.entries(faults)) {
    const [, service, at] = field.match(/^policy\.services\.([a-z_]+|\?)\.sources(?:\[(\d+)\])?/) ?? [];
    if (!service || !draft) continue;
    const named = service === '?' ? Object.keys(draft.sources).filter((id) => lines(draft.sources[id] ?? '').length > Number(at ?? 0)) : [service];
    for (const id of named) errors[id] = text;
  }
  return errors;
}

/** A countdown such as 1:05. */
export const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};
