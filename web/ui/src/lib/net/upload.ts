/** Sends a file as it is, with progress, which `fetch` does not tell. */
import { API_BASE, ApiError, type Problem } from './api.js';

export interface Sending<T> {
  done: Promise<T>;
  /** Breaks off: `done` is then refused with the code `aborted`. */
  stop: () => void;
}

export function send<T>(path: string, file: Blob, told: (bytes: number) => void): Sending<T> {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    const fail = (problem: Problem) => reject(new ApiError(problem));
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // Not JSON: a proxy answered; the status is all there is.
      }
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else if (body && typeof body === 'object' && 'code' in body) fail({ ...(body as Problem), status: request.status });
      else fail({ status: request.status, code: 'unexpected_answer' });
    };
    request.onerror = () => fail({ status: 0, code: 'server_unreachable' });
    request.onabort = () => fail({ status: 0, code: 'aborted' });
  });
  request.open('POST', `${API_BASE}${path}`);
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.setRequestHeader('x-haubert-request', '1');
  request.send(file);
  return { done, stop: () => request.abort() };
}
