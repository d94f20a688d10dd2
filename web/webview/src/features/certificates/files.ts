/** Files that are handed in: certificates, PKCS#12, revocation lists. */
import { formatBytes } from '@haubert/ui';
import { t } from '../../i18n/index.js';

/** Bytes as base64, as the API takes them. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** The file's bytes; throws words for the reader when it is too large or cannot be read. */
export async function bytesOf(file: File, limit: number): Promise<Uint8Array> {
  if (file.size > limit) throw new Error(t('cert.file_too_large', { size: formatBytes(limit) }));
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(t('cert.file_unreadable'));
  }
}

/** PEM is text with its marks; everything else is taken for a binary format. */
export function pemOf(bytes: Uint8Array): string | null {
  const text = new TextDecoder().decode(bytes);
  return text.includes('-----BEGIN ') ? text : null;
}
