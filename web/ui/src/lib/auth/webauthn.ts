/** Passkeys: the browser's API speaks in buffers, ours in base64url. Written out, because not every browser has the JSON helpers yet. */
import { ApiError } from '../net/api.js';

export interface PasskeyCeremony {
  ceremony: string;
  options: unknown;
}

export const passkeysKnown = (): boolean => typeof PublicKeyCredential !== 'undefined' && 'credentials' in navigator;

/** Whether the page was opened under an IP address, where WebAuthn does not work. */
export const isAddress = (host: string): boolean => host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host);

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

export function toBase64url(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

interface JsonDescriptor {
  id: string;
  type: 'public-key';
}
type Descriptors = { id: Uint8Array<ArrayBuffer>; type: 'public-key' }[];
const descriptors = (list: JsonDescriptor[] | undefined): Descriptors => (list ?? []).map((one) => ({ ...one, id: fromBase64url(one.id) }));

/** What the browser says when it gives nothing tells little, on purpose: one word for all of it. */
const cancelled = () => new ApiError({ status: 0, code: 'passkey_cancelled' });

export async function makePasskey(options: unknown): Promise<unknown> {
  const json = options as PublicKeyCredentialCreationOptionsJSON;
  const publicKey = {
    ...json,
    challenge: fromBase64url(json.challenge),
    user: { ...json.user, id: fromBase64url(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials as JsonDescriptor[] | undefined),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (!made) throw cancelled();
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    rawId: toBase64url(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    response: {
      attestationObject: toBase64url(response.attestationObject),
      clientDataJSON: toBase64url(response.clientDataJSON),
      transports: response.getTransports?.() ?? [],
    },
  };
}

export async function usePasskey(options: unknown): Promise<unknown> {
  const json = options as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = {
    ...json,
    challenge: fromBase64url(json.challenge),
    allowCredentials: descriptors(json.allowCredentials as JsonDescriptor[] | undefined),
  } as unknown as PublicKeyCredentialRequestOptions;
  const used = (await navigator.credentials.get({ publicKey }).catch(() => null)) as PublicKeyCredential | null;
  if (!used) throw cancelled();
  const response = used.response as AuthenticatorAssertionResponse;
  return {
    id: used.id,
    rawId: toBase64url(used.rawId),
    type: used.type,
    clientExtensionResults: {},
    response: {
      authenticatorData: toBase64url(response.authenticatorData),
      clientDataJSON: toBase64url(response.clientDataJSON),
      signature: toBase64url(response.signature),
      userHandle: response.userHandle ? toBase64url(response.userHandle) : null,
    },
  };
}
