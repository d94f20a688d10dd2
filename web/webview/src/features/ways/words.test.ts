import { UNIT_SPACE, language } from '@haubert/ui';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { formatOffset, linkReason, serverFault } from './words.js';

const EDGE = fileURLToPath(new URL('../../../../../edge/', import.meta.url));
const codes = (file: string, pattern: RegExp) => [...readFileSync(EDGE + file, 'utf8').matchAll(pattern)].map(([, code]) => code ?? '');

afterEach(() => language.set('en'));

describe('an offset', () => {
  it('is read with its sign, in the unit that fits', () => {
    language.set('en');
    expect([0, 3, -480, 1_500, -59_940, null].map(formatOffset)).toEqual([`0${UNIT_SPACE}ms`, `+3${UNIT_SPACE}ms`, `\u2212480${UNIT_SPACE}ms`, `+1.5${UNIT_SPACE}s`, `\u221259.9${UNIT_SPACE}s`, '–']);
    expect(formatOffset(7_200_000)).toBe(`+2${UNIT_SPACE}h`);
  });
});

describe('what the gateway finds', () => {
  it.each(['en', 'fr'] as const)('has words for every reason of a link (%s)', (lang) => {
    language.set(lang);
    const found = codes('links/src/judge.rs', /^ {4}\w+ = "([a-z_]+)"/gm);
    expect(found.length).toBeGreaterThan(8);
    for (const code of found) expect(linkReason(code), code).not.toBe(code);
  });
  it.each(['en', 'fr'] as const)('has words for every fault of a time server (%s)', (lang) => {
    language.set(lang);
    const found = [...codes('sntp/src/packet.rs', /=> "([a-z_]+)"/g), ...codes('gateway/src/time_check/ask.rs', /=> "([a-z_]+)"/g)];
    expect(found.length).toBeGreaterThan(8);
    for (const code of found) expect(serverFault(code, code), code).not.toBe(code);
  });
});
