import { expect, it } from 'vitest';
import { ceremonyOf, refusalOf } from './providers';

it('takes nothing from an address but codes and names of its own', () => {
  const of = (text: string) => new URLSearchParams(text);
  expect(refusalOf(of('refused=provider_state'))).toBe('provider_state');
  expect(refusalOf(of('refused=<b>Call 0800</b>'))).toBe('other');
  expect(refusalOf(of(`refused=${'a'.repeat(41)}`))).toBe('other');
  expect(refusalOf(of('view=x'))).toBeNull();
  expect(ceremonyOf(of(`ceremony=${'A-_9'.repeat(10)}abc`))).toBe(`${'A-_9'.repeat(10)}abc`);
  for (const text of ['ceremony=short', `ceremony=${'<'.repeat(43)}`, '']) expect(ceremonyOf(of(text))).toBeNull();
});
