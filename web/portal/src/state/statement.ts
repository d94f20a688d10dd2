// What the hub signs, so that anybody can check it without the hub (common/trust/src/statement.rs): `haubert statement v1`, a zero byte and
// the statement, with Ed25519.
import type { PublicLabel } from '../api/plan-types';

const CONTEXT = 'haubert statement v1\0';
/** What stands before a raw Ed25519 key in a SubjectPublicKeyInfo (RFC 8410): twelve bytes, sixteen letters, so that the key's own can follow. */
const SPKI = 'MCowBQYDK2VwAyEA';

type Signed = Pick<PublicLabel, 'statement' | 'signature' | 'public_key'>;

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Exactly the bytes that were signed. */
export const framed = (statement: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(CONTEXT + statement));

/** A public key as tools read it. */
export const pemOf = (publicKey: string): string => `-----BEGIN PUBLIC KEY-----\n${SPKI}${publicKey}\n-----END PUBLIC KEY-----\n`;

/** Whether the signature fits; null where this browser cannot tell. */
export async function isSigned({ statement, signature, public_key }: Signed): Promise<boolean | null> {
  try {
    const key = await crypto.subtle.importKey('raw', bytesOf(public_key), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, bytesOf(signature), framed(statement));
  } catch (error) {
    const canTell = typeof crypto !== 'undefined' && crypto.subtle !== undefined && !(error instanceof DOMException && error.name === 'NotSupportedError');
    return canTell ? false : null;
  }
}
