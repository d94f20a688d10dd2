import { describe, expect, it } from 'vitest';
import { cleanFingerprint } from './backlog.js';

describe('cleanFingerprint', () => {
  const digits = 'ab'.repeat(32);
  it('takes it as people copy it', () => {
    expect(cleanFingerprint(digits)).toBe(digits);
    expect(cleanFingerprint(` ${'AB:'.repeat(31)}AB \n`)).toBe(digits);
    expect(cleanFingerprint(`SHA256:${digits}`)).toBe(digits);
  });
  it('refuses what is not one', () => {
    for (const text of ['', digits.slice(1), `${digits}0`, 'zz'.repeat(32)]) expect(cleanFingerprint(text)).toBeNull();
  });
});
