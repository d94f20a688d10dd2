import { UNIT_SPACE, language } from '@haubert/ui';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { en } from '../i18n/en.js';
import { fr } from '../i18n/fr.js';
import { eventText, noticeText } from './sentences.js';

const EVENTS = [
  'started', 'bus_down', 'bus_up', 'device_offline', 'device_online', 'range_refused', 'profile_unknown', 'meter_exchanged', 'layout_settled',
  'clock_jump', 'clock_not_set', 'history_failing', 'history_damaged', 'history_check_failed', 'history_settings_changed', 'history_salvaged', 'history_restored', 'config_restored', 'key_restored', 'history_evicted', 'history_over_budget', 'history_writes_again', 'disk_full', 'clock_was_set', 'backfill_done', 'samples_dropped', 'hub_enrolled', 'hub_left', 'hub_refused', 'chunk_refused', 'storage_key_rotated', 'storage_key_rotation_failed', 'recovery_key_made', 'backup_made', 'backup_restored', 'factory_reset', 'source_blocked_requests', 'source_blocked_bits', 'source_blocked_by_hand', 'source_block_over', 'source_block_lifted', 'sources_blocked', 'firewall_changed',
  'audit_unavailable', 'audit_tampered', 'audit_available', 'audit_short', 'audit_not_sent',
];
const NOTICES = ['sources_blocked', 'audit_unavailable', 'audit_short', 'audit_not_sent', 'disk_full', 'history_damaged', 'history_failing', 'samples_dropped', 'clock_not_set', 'bus_down', 'device_offline', 'hub_unreachable', 'hub_refused'];

const EDGE = fileURLToPath(new URL('../../../../edge/', import.meta.url));
const rust = (folder: string) =>
  readdirSync(join(EDGE, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(join(EDGE, folder, name), 'utf8').split('#[cfg(test)]')[0])
    .join('\n');
const codesIn = (source: string, pattern: RegExp) => [...new Set([...source.matchAll(pattern)].map(([, code]) => code ?? ''))];
const sentences = (catalogue: object, kind: string) => Object.keys(catalogue).filter((key) => key.startsWith(`${kind}.`)).map((key) => key.slice(kind.length + 1)).sort();

afterEach(() => {
  language.current = 'en';
});

describe('what the gateway tells', () => {
  it.each([['event', EVENTS], ['notice', NOTICES]] as const)('has a sentence for every %s, in both languages', (kind, codes) => {
    expect(sentences(en, kind)).toEqual([...codes].sort());
    expect(sentences(fr, kind)).toEqual([...codes].sort());
  });
  it('lists every code that the gateway writes', () => {
    const gateway = rust('gateway/src');
    const fieldbus = readFileSync(join(EDGE, 'fieldbus/src/event.rs'), 'utf8');
    const events = [...codesIn(gateway, /Severity::\w+,\s*"([a-z_]+)"/g), ...codesIn(fieldbus, /=> "([a-z_]+)"/g)];
    expect(events.length).toBeGreaterThan(10);
    expect(events.filter((code) => !EVENTS.includes(code))).toEqual([]);
    expect(codesIn(gateway, /Notice::new\(\s*"([a-z_]+)"/g).sort()).toEqual([...NOTICES].sort());
  });
  it('reads as a sentence, with its figures', () => {
    const event = { id: 1, at: '2026-11-21T10:00:00.000Z', severity: 'warning' as const };
    expect(eventText({ ...event, code: 'clock_jump', params: { by_ms: '-3600000' } })).toBe(`The clock jumped by \u22121${UNIT_SPACE}h`);
    expect(eventText({ ...event, code: 'samples_dropped', params: { count: '1' } })).toBe('1 value was lost because too many waited');
    expect(eventText({ ...event, code: 'meter_exchanged', params: { device: 'A', before: '1', after: '2' } })).toBe('The meter of A was exchanged: number 1 before, 2 now');
    expect(eventText({ ...event, code: 'from_tomorrow', params: {} })).toBe('from_tomorrow');
    language.current = 'fr';
    expect(noticeText({ code: 'disk_full', since: null, params: { waiting: '12' } })).toMatch(/: 12 valeurs attendent en mémoire\.$/u);
  });
});
