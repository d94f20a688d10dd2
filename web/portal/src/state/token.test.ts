import { describe, expect, it } from 'vitest';
import { isInvitation, isWhole, tokenOf } from './token';

const token = 'q8Zr5v1mXKpT4cN0eYhB7sLw2uFdJ9aGiOoR6xVtCk_';

describe('the token of an invitation', () => {
  it('is found in a link, behind a hash and alone', () => {
    expect(tokenOf(`https://hub.example:8443/#/invitation/${token}`)).toBe(token);
    expect(tokenOf(`#/invitation/${token}`)).toBe(token);
    expect(tokenOf(` ${token}\n`)).toBe(token);
  });
  it('loses what mail programs leave around it', () => {
    expect(tokenOf(`<https://hub.example/#/invitation/${token}>.`)).toBe(token);
    expect(tokenOf(`« ${token} ».`)).toBe(token);
  });
  it('may be missing or cut off', () => {
    expect(tokenOf('https://hub.example/#/invitation')).toBe('');
    expect(tokenOf('#/invitation/')).toBe('');
    expect([token, token.slice(1), '', `${token}a`, `${token.slice(1)}é`].map(isWhole)).toEqual([true, false, false, false, false]);
  });
  it('is looked for in the hash of an invitation only', () => {
    expect(['#/invitation', '#/invitation/abc', '#main', '', '#/invitations', '#x/invitation/a'].map(isInvitation)).toEqual([true, true, false, false, false, false]);
  });
});
