/** Where files go: ports, kinds of protocol, and the key that a server shows. */
import type { FileProtocol, OutletTrial } from '../../../api/types.js';

const PORTS: Readonly<Record<FileProtocol, number>> = { ftps: 21, ftps_implicit: 990, sftp: 22, https_put: 443, https_post: 443 };
export const PROTOCOLS = Object.keys(PORTS) as FileProtocol[];

export const isWeb = (protocol: FileProtocol): boolean => protocol === 'https_put' || protocol === 'https_post';

/** The usual port goes with the protocol, unless somebody chose another. */
export const portFor = (protocol: FileProtocol, now: { protocol: FileProtocol; port: number }): number => (now.port === PORTS[now.protocol] ? PORTS[protocol] : now.port);

/** The fingerprint of a key that the gateway does not know yet. */
export function shownKey({ steps }: OutletTrial): string | null {
  const step = steps.find(({ code }) => code === 'host_key_unknown');
  return /SHA256:[A-Za-z0-9+/]{43}$/.exec(step?.detail ?? '')?.[0] ?? null;
}
