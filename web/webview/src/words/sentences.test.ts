import { UNIT_SPACE, language } from '@haubert/ui';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { en } from '../i18n/en.js';
import { fr } from '../i18n/fr.js';
import { eventText, noticeText } from './sentences.js';

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
  const gateway = rust('gateway/src');
  const fieldbus = readFileSync(join(EDGE, 'fieldbus/src/event.rs'), 'utf8');
  const written = {
    event: [...codesIn(gateway, /Severity::\w+,\s*"([a-z_]+)"/g), ...codesIn(fieldbus, /=> "([a-z_]+)"/g)],
    notice: codesIn(gateway, /Notice::new\(\s*"([a-z_]+)"/g),
  };
  it.each(['event', 'notice'] as const)('has a sentence for every %s that the gateway writes, in both languages', (kind) => {
    expect(written[kind].length).toBeGreaterThan(10);
    for (const catalogue of [en, fr]) expect(written[kind].filter((code) => !sentences(catalogue, kind).includes(code))).toEqual([]);
  });
  it.each(['event', 'notice'] as const)('has no sentence for an %s that nothing writes', (kind) => {
    // Some codes are chosen by a function, away from where the event is made.
    const literals = new Set(codesIn(gateway + fieldbus, /"([a-z_]+)"/g));
    expect(sentences(en, kind).filter((code) => !literals.has(code))).toEqual([]);
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
