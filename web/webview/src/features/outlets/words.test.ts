import { language } from '@haubert/ui';
import { afterEach, describe, expect, it } from 'vitest';
import { because, stepName } from './client.js';
import { EXCEPTIONS, exceptionCode, exceptionName, functionName, outcomeText, stepText } from './words.js';

afterEach(() => language.set('en'));

describe('codes of Modbus', () => {
  it('have names, and a word for what is unknown', () => {
    language.set('en');
    expect([functionName(3), functionName(43), functionName(99)]).toEqual(['Read holding registers', 'Identification', 'Another function (refused)']);
    expect([exceptionCode(2), exceptionCode(10)]).toEqual(['2', '10 (0x0A)']);
  });
  it.each(['en', 'fr'] as const)('say what each exception of the gateway means (%s)', (lang) => {
    language.set(lang);
    expect(new Set(EXCEPTIONS.map(exceptionName)).size).toBe(EXCEPTIONS.length);
    for (const code of EXCEPTIONS) expect(exceptionName(code)).not.toBe(exceptionName(127));
  });
});

describe('a try', () => {
  it('is told step by step', () => {
    language.set('en');
    const step = (step: string, unit: number | null, register: number | null) => ({ step, unit, register, ok: true, detail: '' });
    expect(stepText(step('connect', null, null), null)).toBe('Connect to the server');
    expect(stepText(step('identify', 255, null), null)).toBe('Ask unit 255, the gateway, who it is');
    expect(stepText(step('read', 7, 50_520), null)).toBe('Read register 0xC558 of unit 7');
    expect(stepText(step('read', 7, 0), 'Crane')).toBe('Read register 0x0000 of unit 7, Crane');
  });
  it('tells answers as they came, and refusals in the words of the reader', () => {
    language.set('fr');
    expect(outcomeText({ ok: true, detail: '0x4841' })).toBe('0x4841');
    expect(outcomeText({ ok: false, detail: 'gateway target device failed to respond (11)' })).toContain('Le compteur ne répond pas');
    expect(outcomeText({ ok: false, detail: 'no answer in time' })).toBe('Pas de réponse à temps');
    expect(outcomeText({ ok: false, detail: 'Connection refused (os error 111)' })).toBe('Connection refused (os error 111)');
  });
});

describe('a file export', () => {
  const CODES = ['name_unknown', 'connection_failed', 'no_answer', 'peer_unknown_authority', 'tls_failed', 'tls_settings', 'tls_refused', 'greeting_refused', 'host_key_unknown', 'key_missing', 'login_refused', 'folder_refused', 'file_refused', 'file_incomplete', 'connection_ended', 'answer_not_understood', 'history_unreadable', 'store_failed'];
  const STEPS = ['resolve', 'reach', 'greet', 'login', 'folder', 'write', 'remove'];
  it.each(['en', 'fr'] as const)('has words for each step and each failure (%s)', (lang) => {
    language.set(lang);
    for (const code of CODES) expect(because('files', code, code), code).not.toBe(code);
    for (const step of STEPS) expect(stepName('files', step), step).not.toBe(step);
  });
});

describe('an HTTPS push', () => {
  const CODES = ['name_unknown', 'connection_failed', 'no_answer', 'peer_unknown_authority', 'tls_failed', 'tls_settings', 'login_refused', 'message_refused', 'connection_ended', 'answer_not_understood', 'key_missing', 'store_failed'];
  const STEPS = ['resolve', 'reach', 'tls', 'tell'];
  it.each(['en', 'fr'] as const)('has words for each step and each failure (%s)', (lang) => {
    language.set(lang);
    for (const code of CODES) expect(because('push', code, code), code).not.toBe(code);
    for (const step of STEPS) expect(stepName('push', step), step).not.toBe(step);
  });
});
