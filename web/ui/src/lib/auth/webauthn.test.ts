import { describe, expect, it } from 'vitest';
import { fromBase64url, isAddress, toBase64url } from './webauthn.js';

describe('passkeys', () => {
  it('write bytes in base64url and read them back', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const text = toBase64url(bytes.buffer);
    expect(text).not.toMatch(/[+/=]/);
    expect([...fromBase64url(text)]).toEqual([...bytes]);
    expect(toBase64url(new Uint8Array([251, 255]).buffer)).toBe('-_8');
  });
  it('tell names from addresses', () => {
    expect(['192.0.2.7', '[2001:db8::1]'].map(isAddress)).toEqual([true, true]);
    expect(['gateway.local', 'localhost', '192.example'].map(isAddress)).toEqual([false, false, false]);
  });
});
