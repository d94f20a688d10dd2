import { describe, expect, it } from 'vitest';
import { matchPath } from './router.svelte.js';

describe('matchPath', () => {
  it('matches whole paths and gives parameters', () => {
    expect(matchPath('/gateways/:id', '/gateways/42')).toEqual({ id: '42' });
    expect(matchPath('/gateways/:id', '/gateways/a%20b/')).toEqual({ id: 'a b' });
    expect(matchPath('/', '/')).toEqual({});
  });
  it('refuses other lengths, other words and broken escapes', () => {
    expect(matchPath('/gateways/:id', '/gateways')).toBeNull();
    expect(matchPath('/gateways/:id', '/gateways/1/trends')).toBeNull();
    expect(matchPath('/sites', '/gateways')).toBeNull();
    expect(matchPath('/gateways/:id', '/gateways/%E0%A4%A')).toBeNull();
  });
});
