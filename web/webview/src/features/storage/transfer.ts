/** Backups on their way: received as they are made, sent with progress. */
import { ApiError, apiUrl, type Problem } from '@haubert/ui';
import { fileName } from '../export/download.js';
import { t } from '../../i18n/index.js';

/** Codes of single fields that only this page knows. */
const FIELD_CODES = ['passphrase_length', 'recovery_key_mistyped', 'not_the_site', 'password_wrong'];
const FOLD_BYTES = 16 << 20;

/** The same error, its fields in the reader's language. */
export function translated(error: unknown): unknown {
  if (!(error instanceof ApiError) || !error.problem.fields) return error;
  const fields = error.problem.fields.map((field) => (FIELD_CODES.includes(field.message_code) ? { ...field, message: t.dynamic(`storage.field.${field.message_code}`) } : field));
  return new ApiError({ ...error.problem, fields });
}

async function refused(response: Response): Promise<ApiError> {
  try {
    return new ApiError({ status: response.status, ...((await response.json()) as object) } as Problem);
  } catch {
    return new ApiError({ status: response.status, code: 'unexpected_answer' });
  }
}

export interface Received {
  blob: Blob;
  name: string;
}

/** Asks for a backup and receives it to its end; throws when it breaks off. `told`: bytes so far, and about how many will come. */
export async function receiveBackup(path: string, body: object, told: (bytes: number, about: number) => void, signal: AbortSignal): Promise<Received> {
  const headers = { 'content-type': 'application/json', 'x-haubert-request': '1' };
  const response = await fetch(apiUrl(path), { method: 'POST', headers, credentials: 'same-origin', body: JSON.stringify(body), signal });
  if (!response.ok || !response.body) throw await refused(response);
  const about = Number(response.headers.get('x-estimated-bytes') ?? 0);
  const name = fileName(response.headers.get('content-disposition'), 'gateway.haubert-backup');
  const reader = response.body.getReader();
  let parts: BlobPart[] = [];
  let [loose, bytes] = [0, 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { blob: new Blob(parts), name };
    parts.push(value);
    loose += value.length;
    bytes += value.length;
    if (loose > FOLD_BYTES) {
      // A browser keeps blobs on disk when they grow, loose pieces never.
      parts = [new Blob(parts)];
      loose = 0;
    }
    told(bytes, about);
  }
}

/** Sends a backup file. Only XMLHttpRequest tells how much has been sent. */
export function sendBackup(file: File, told: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', apiUrl('/restore'));
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('x-haubert-request', '1');
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => {
      if (request.status < 300) return resolve();
      void refused(new Response(request.responseText, { status: request.status })).then(reject);
    };
    request.onerror = () => reject(new ApiError({ status: 0, code: 'unreachable' }));
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** Waits until the gateway has begun again: `isNew` looks at an answer. Answers that fail are those of a gateway that is not there yet. */
export async function begunAgain(isNew: () => Promise<boolean>, everyMs = 700): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    try {
      if (await isNew()) return;
    } catch {
      // Not there yet.
    }
  }
}

/** Whether nobody is signed in any more, as after a restore or a reset. */
export async function signedOut(): Promise<boolean> {
  const response = await fetch(apiUrl('/session'), { credentials: 'same-origin', signal: AbortSignal.timeout(5000) });
  return response.status === 401;
}
