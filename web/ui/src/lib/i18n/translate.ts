/**
 * Typed messages. A message is a text, or a text per plural form chosen by the parameter `n`.
 * `fr` must have exactly the keys of `en`: a missing one fails the type check, and so does a missing parameter.
 */
import { language, type Lang } from './language.svelte.js';

export type Plural = { readonly one: string; readonly other: string };
export type Message = string | Plural;
export type Catalogue = Readonly<Record<string, Message>>;
/** The French catalogue of an English one. */
export type Like<E extends Catalogue> = { readonly [K in keyof E]: E[K] extends string ? string : Plural };
export type Params = Readonly<Record<string, string | number>>;

type Names<S> = S extends `${string}{${infer P}}${infer R}` ? P | Names<R> : never;
type Needed<M> = M extends string ? Names<M> : M extends Plural ? 'n' | Names<M['one']> | Names<M['other']> : never;
type Args<M> = [Needed<M>] extends [never] ? [params?: Params] : [params: Readonly<Record<Needed<M>, string | number>>];

export interface Translator<E extends Catalogue> {
  <K extends keyof E>(key: K, ...args: Args<E[K]>): string;
  /** For keys made from data (`event.` + code): falls back to `fallback`, or the last part of the key. */
  dynamic(key: string, params?: Params, fallback?: string): string;
  has(key: string): boolean;
}

export function fill(text: string, params: Params | undefined, lang: Lang): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(language.locale.startsWith(lang) ? language.locale : lang).format(value) : value;
  });
}

export function render(message: Message, params: Params | undefined, lang: Lang): string {
  if (typeof message === 'string') return fill(message, params, lang);
  const n = Number(params?.['n'] ?? 0);
  const form = new Intl.PluralRules(lang).select(n) === 'one' ? message.one : message.other;
  return fill(form, params, lang);
}

export function translator<const E extends Catalogue>(en: E, fr: Like<E>): Translator<E> {
  const of = (): Catalogue => (language.current === 'fr' ? (fr as Catalogue) : en);
  const translate = (key: keyof E, params?: Params): string => {
    const message = of()[key as string];
    return message === undefined ? String(key) : render(message, params, language.current);
  };
  return Object.assign(translate, {
    dynamic(key: string, params?: Params, fallback?: string): string {
      const message = of()[key];
      if (message === undefined) return fallback ?? key.split('.').at(-1) ?? key;
      // Data may lack a parameter that the text wants: a dash reads better than a brace.
      return render(message, params, language.current).replace(/\{\w+\}/g, '–');
    },
    has: (key: string) => Object.hasOwn(en, key),
  }) as Translator<E>;
}
