/**
 * Values with their units, as the reader writes numbers. Watt-like units climb by thousands (W → kW → MW → GW); the space before the
 * unit does not break. A value that is not there is an en dash, never a zero.
 */
import { language } from '../i18n/language.svelte.js';

/** Between a figure and its unit: not U+202F, which most fonts draw too thin to read from a distance. */
export const UNIT_SPACE = '\u00a0';
export const NO_VALUE = '–';

const SCALED = new Set(['W', 'var', 'VA', 'Wh', 'varh', 'VAh']);
const STEPS = [
  { factor: 1e9, prefix: 'G' },
  { factor: 1e6, prefix: 'M' },
  { factor: 1e3, prefix: 'k' },
] as const;

export interface Scale {
  factor: number;
  unit: string;
}

/** The scale in which `reach` (the largest magnitude shown) reads best. */
export function scaleFor(unit: string, reach: number): Scale {
  if (SCALED.has(unit)) {
    for (const step of STEPS) {
      // 999.95 would print as 1000: climb a step early.
      if (Math.abs(reach) >= step.factor * 0.99995) return { factor: step.factor, unit: step.prefix + unit };
    }
  }
  return { factor: 1, unit };
}

/** Decimals for three or four significant figures, never more than the unit deserves. */
export function decimalsFor(value: number, unit: string): number {
  const size = Math.abs(value);
  if (unit === 'W' || unit === 'var' || unit === 'VA' || unit === 'Wh' || unit === 'varh' || unit === 'VAh') return 0;
  if (unit === 'Hz' || unit === '') return Number.isInteger(value) ? 0 : unit === 'Hz' ? 2 : 3;
  if (unit === 's') return 0;
  if (size === 0) return 0;
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  return 2;
}

const formats = new Map<string, Intl.NumberFormat>();

export function formatNumber(value: number, decimals?: number, locale: string = language.locale): string {
  const key = `${locale}/${decimals ?? ''}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(
      locale,
      decimals === undefined ? { maximumFractionDigits: 3 } : { minimumFractionDigits: decimals, maximumFractionDigits: decimals },
    );
    formats.set(key, format);
  }
  // U+202F between thousands is too thin in many fonts: 92 400 000 would read 92400000.
  return format.format(value === 0 ? 0 : value).replace('-', '\u2212').replaceAll('\u202f', UNIT_SPACE);
}

export interface Quantity {
  number: string;
  unit: string;
  text: string;
}

export interface QuantityOptions {
  scale?: Scale;
  decimals?: number;
  locale?: string;
  /** Writes + before gains. */
  signed?: boolean;
}

export function formatQuantity(value: number | null | undefined, unit: string, options: QuantityOptions = {}): Quantity {
  const scale = options.scale ?? scaleFor(unit, value ?? 0);
  if (value === null || value === undefined || !Number.isFinite(value)) return { number: NO_VALUE, unit: scale.unit, text: NO_VALUE };
  const scaled = value / scale.factor;
  const decimals = options.decimals ?? decimalsFor(scaled, scale.unit);
  const sign = options.signed && scaled > 0 ? '+' : '';
  const number = sign + formatNumber(scaled, decimals, options.locale);
  return { number, unit: scale.unit, text: scale.unit ? `${number}${UNIT_SPACE}${scale.unit}` : number };
}

/** `formatQuantity`, text only. */
export const quantityText = (value: number | null | undefined, unit: string, options: QuantityOptions = {}): string =>
  formatQuantity(value, unit, options).text;

/** A share of one as a percentage. */
export function formatShare(share: number | null | undefined, options: { signed?: boolean; decimals?: number } = {}): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NO_VALUE;
  const percent = share * 100;
  const decimals = options.decimals ?? (percent !== 0 && Math.abs(percent) < 10 ? 1 : 0);
  const sign = options.signed && percent > 0 ? '+' : '';
  // French separates the sign from the figure, English does not.
  return `${sign}${formatNumber(percent, decimals)}${language.current === 'fr' ? UNIT_SPACE : ''}%`;
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Sizes of data; octets in French. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return NO_VALUE;
  let step = 0;
  let size = bytes;
  while (size >= 999.5 && step < BYTES.length - 1) {
    size /= 1000;
    step += 1;
  }
  const unit = BYTES[step] ?? 'B';
  const shown = language.current === 'fr' ? (step === 0 ? 'o' : unit.replace('B', 'o')) : unit;
  return `${formatNumber(size, step === 0 || size >= 100 ? 0 : 1)}${UNIT_SPACE}${shown}`;
}

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? NO_VALUE : formatNumber(count, 0);
}
