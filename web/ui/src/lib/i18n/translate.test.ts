import { afterEach, describe, expect, it } from 'vitest';
import { en } from './en.js';
import { fr } from './fr.js';
import { language, pickLanguage } from './language.svelte.js';
import { fill, translator } from './translate.js';
import { typographyFaults } from './typography.js';

afterEach(() => (language.current = 'en'));

const t = translator(
  { hello: 'Hello {name}', gaps: { one: '{n} gap', other: '{n} gaps' }, 'state.ok': 'fine' },
  { hello: 'Bonjour {name}', gaps: { one: '{n} trou', other: '{n} trous' }, 'state.ok': 'bien' },
);

describe('translator', () => {
  it('fills parameters in the chosen language', () => {
    expect(t('hello', { name: 'Ana' })).toBe('Hello Ana');
    language.current = 'fr';
    expect(t('hello', { name: 'Ana' })).toBe('Bonjour Ana');
  });
  it('chooses the plural of the language: none is plural in English, singular in French', () => {
    expect(t('gaps', { n: 0 })).toBe('0 gaps');
    expect(t('gaps', { n: 1 })).toBe('1 gap');
    language.current = 'fr';
    expect(t('gaps', { n: 0 })).toBe('0 trou');
    expect(t('gaps', { n: 2 })).toBe('2 trous');
  });
  it('falls back for codes it does not know', () => {
    expect(t.dynamic('state.ok')).toBe('fine');
    expect(t.dynamic('state.strange')).toBe('strange');
    expect(t.dynamic('hello')).toBe('Hello –');
  });
  it('leaves markup-like values as text', () => {
    expect(fill('{a}', { a: '<b>{a}</b>' }, 'en')).toBe('<b>{a}</b>');
  });
});

describe('language', () => {
  it('prefers what was chosen, then the browser, then English', () => {
    expect(pickLanguage('fr', ['en'])).toBe('fr');
    expect(pickLanguage(null, ['de', 'fr-CA', 'en'])).toBe('fr');
    expect(pickLanguage('xx', ['de'])).toBe('en');
  });
});

describe('catalogues', () => {
  it('have the same keys and parameters', () => {
    expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
    const names = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(names(fr[key]), key).toEqual(names(en[key]));
  });
  it('follow French typography', () => expect(typographyFaults(fr)).toEqual([]));
});
