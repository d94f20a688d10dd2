import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { framed, isSigned, pemOf } from './statement';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');
const statement = '{"label":"en-route-vers","code":"ABCDEFGH23456789","organisation":"Quai n° 9 – Été"}';
const signature = sign(null, framed(statement), privateKey).toString('base64');

it('checks a signature as the hub makes it', async () => {
  expect(Buffer.from(framed('a')).toString('latin1')).toBe('haubert statement v1\0a');
  expect(await isSigned({ statement, signature, public_key: raw })).toBe(true);
  expect(await isSigned({ statement: statement.replace('9', '8'), signature, public_key: raw })).toBe(false);
  expect(await isSigned({ statement, signature: 'AAAA', public_key: raw })).toBe(false);
  expect(await isSigned({ statement, signature, public_key: 'no key' })).toBe(false);
});

it('writes the key as tools read it', () => {
  expect(createPublicKey(pemOf(raw)).equals(publicKey)).toBe(true);
});
