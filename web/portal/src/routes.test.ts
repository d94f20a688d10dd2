import { expect, it } from 'vitest';
import { ROUTES, routeOf } from './routes';

const patternOf = (path: string) => routeOf(path).route.pattern;

it('finds the page of an address, with what the address gives it', () => {
  expect(routeOf('/guide/POL-01')).toMatchObject({ route: { pattern: '/guide/:measure' }, params: { measure: 'POL-01' } });
  expect(patternOf('/')).toBe('/');
  // Not a gateway called "new".
  expect(patternOf('/gateways/new')).toBe('/gateways/new');
  expect([patternOf('/gateways/7'), patternOf('/nowhere'), patternOf('/plan/7')]).toEqual(['/gateways/:id', '*', '*']);
});

it('leads to every page of the app', () => {
  const pages = Object.keys(import.meta.glob('./pages/*.svelte')).map((name) => name.replace(/^.*\//, ''));
  // These are shown to whoever is not signed in: Entrance.svelte.
  const outside = ['InvitationPage.svelte', 'LabelCheckPage.svelte', 'NotFoundPage.svelte', 'ProviderCodePage.svelte'];
  const led = new Set([...ROUTES.map(({ load }) => /\/pages\/(\w+\.svelte)/.exec(load.toString())?.[1] ?? ''), ...outside]);
  expect(pages.filter((name) => !led.has(name))).toEqual([]);
});
