import { describe, expect, it } from 'vitest';
import type { FirewallSettings } from '../../api/types.js';
import { arePorts, countdown, draftOf, settingsOf, wrongNumbers } from './firewall.js';

const settings: FirewallSettings = {
  limits: {
    enabled: true,
    requests_per_second: 200,
    kilobits_in_per_second: 100_000,
    kilobits_out_per_second: 400_000,
    burst_seconds: 5,
    block_seconds: 60,
    connections_per_source: 64,
    connections: 512,
    total_requests_per_second: 2_000,
    reserved: ['192.0.2.7'],
    reserved_percent: 25,
    listeners: { https: { allow: [], deny: ['198.51.100.0/24', '203.0.113.9'] } },
    slow: { handshake_seconds: 8, header_seconds: 8, idle_seconds: 60, stall_seconds: 10, bytes_per_second: 1_024 },
  },
  kernel: { default_deny: true, open_tcp: [22], open_udp: [] },
};

describe('the form of the firewall', () => {
  it('gives back what it was given', () => {
    expect(settingsOf(draftOf(settings, ['https', 'modbus']))).toEqual(settings);
  });

  it('takes networks by line, comma or space, and leaves out listeners without rules', () => {
    const draft = draftOf(settings, ['https']);
    draft.reserved = ' 192.0.2.7,\n2001:db8::/32 ';
    draft.deny['https'] = '';
    const changed = settingsOf(draft);
    expect(changed.limits.reserved).toEqual(['192.0.2.7', '2001:db8::/32']);
    expect(changed.limits.listeners).toEqual({});
  });

  it('names what is out of range', () => {
    const draft = draftOf(settings, []);
    draft.numbers.block_seconds = 0;
    draft.numbers['slow.stall_seconds'] = null;
    expect(wrongNumbers(draft)).toEqual(['block_seconds', 'slow.stall_seconds']);
    expect([arePorts('22, 80'), arePorts('0'), arePorts('70000'), arePorts('ssh'), arePorts('')]).toEqual([true, false, false, false, true]);
  });

  it('counts down', () => {
    expect([countdown(59_001), countdown(0), countdown(61_000), countdown(3_661_000)]).toEqual(['1:00', '0:00', '1:01', '1:01:01']);
  });
});
