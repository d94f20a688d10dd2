// A manager that nobody here wrote: net-snmp's commands, as one user of SNMPv3.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const user = { name: 'supervision', authentication: 'quay seven, first light', privacy: 'north crane, last load' };

/** What `snmpget` prints of a name in numbers. */
export function snmpget(address: string, name: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'haubert-snmp-'));
  try {
    const who = ['-v3', '-l', 'authPriv', '-u', user.name, '-a', 'SHA-256', '-A', user.authentication, '-x', 'AES', '-X', user.privacy];
    const env = { ...process.env, SNMPCONFPATH: dir, SNMP_PERSISTENT_DIR: dir, MIBS: '' };
    return execFileSync('snmpget', [...who, '-Oqv', `udp:${address}`, name], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
