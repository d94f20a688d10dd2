import { afterEach, describe, expect, it } from 'vitest';
import { language } from '../i18n/language.svelte.js';
import { formatBytes, formatNumber, formatQuantity, formatShare, quantityText, scaleFor } from './quantity.js';

const nb = '\u00a0';
afterEach(() => (language.current = 'en'));

describe('scaleFor', () => {
  it('climbs by thousands for watt-like units only', () => {
    expect(scaleFor('W', 999)).toEqual({ factor: 1, unit: 'W' });
    expect(scaleFor('W', 1000)).toEqual({ factor: 1e3, unit: 'kW' });
    expect(scaleFor('Wh', -2.5e9)).toEqual({ factor: 1e9, unit: 'GWh' });
    expect(scaleFor('V', 20_000)).toEqual({ factor: 1, unit: 'V' });
    expect(scaleFor('m³', 12_000)).toEqual({ factor: 1, unit: 'm³' });
  });
  it('never prints 1000 of the smaller unit', () => {
    expect(scaleFor('W', 999_960).unit).toBe('MW');
    expect(scaleFor('W', 999_900).unit).toBe('kW');
  });
});

describe('formatQuantity', () => {
  it('keeps three or four figures and always the unit', () => {
    expect(quantityText(265_200, 'W', { locale: 'en-GB' })).toBe(`265.2${nb}kW`);
    expect(quantityText(12, 'W', { locale: 'en-GB' })).toBe(`12${nb}W`);
    expect(quantityText(231.04, 'V', { locale: 'en-GB' })).toBe(`231.0${nb}V`);
    expect(quantityText(49.987, 'Hz', { locale: 'en-GB' })).toBe(`49.99${nb}Hz`);
    expect(quantityText(0.934, '', { locale: 'en-GB' })).toBe('0.934');
  });
  it('writes numbers as the reader does', () => {
    expect(quantityText(1_234_567, 'W', { locale: 'fr-FR' })).toBe(`1,23${nb}MW`);
    expect(formatNumber(1_234_567, 0, 'fr-FR')).toBe(`1${nb}234${nb}567`);
  });
  it('shows what is missing as a dash, never as a zero', () => {
    for (const missing of [null, undefined, NaN, Infinity]) expect(formatQuantity(missing, 'W').text).toBe('–');
  });
  it('uses a true minus and no minus zero', () => {
    expect(quantityText(-1500, 'W', { locale: 'en-GB' })).toBe(`\u22121.50${nb}kW`);
    expect(quantityText(-0, 'W', { locale: 'en-GB' })).toBe(`0${nb}W`);
  });
});

describe('shares and sizes', () => {
  it('formats shares in both languages', () => {
    expect(formatShare(0.123, { signed: true })).toBe('+12%');
    expect(formatShare(0)).toBe('0%');
    expect(formatShare(null)).toBe('–');
    language.current = 'fr';
    expect(formatShare(-0.052)).toMatch(/^\u22125[.,]2\u00a0%$/);
  });
  it('counts in bytes, or octets in French', () => {
    expect(formatBytes(999)).toBe(`999${nb}B`);
    expect(formatBytes(48_200)).toBe(`48.2${nb}kB`);
    language.current = 'fr';
    expect(formatBytes(184_000_000)).toBe(`184${nb}Mo`);
  });
});
