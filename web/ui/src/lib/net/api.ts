/** The only way to the API: same origin, JSON, problem details (RFC 9457) turned into typed errors. */
import { fieldText, problemText } from './messages.js';

export interface FieldProblem {
  field: string;
  message_code: string;
  message: string;
}
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code: string;
  fields?: FieldProblem[];
  /** Seconds to wait before another try. */
  retry_after_s?: number;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ApiError';
  }
  get code(): string {
    return this.problem.code;
  }
  get status(): number {
    return this.problem.status;
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>>;
export const API_BASE = '/api/v1';

/** The address of an API path with its query; also for links to CSV files. */
export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    search.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = search.toString();
  return `${API_BASE}${path}${text ? `?${text}` : ''}`;
}

let onSignedOut: () => void = () => {};
/** Called whenever the server says that nobody is signed in. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

let onAnswer: (response: Response) => void = () => {};
/** Called for every answer of the server: a session that is used lives on. */
export function whenAnswered(act: (response: Response) => void): void {
  onAnswer = act;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (body && typeof body === 'object' && 'code' in body) return { status: response.status, ...(body as object) } as Problem;
  } catch {
    // Not JSON: a proxy or a crash answered; the status is all there is.
  }
  return { status: response.status, code: 'unexpected_answer', title: response.statusText };
}

async function answered(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-haubert-request'] = '1';
  const isFile = body instanceof Blob;
  if (body !== undefined) headers['content-type'] = isFile ? body.type : 'application/json';
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError({ status: 0, code: 'server_unreachable' });
  }
  onAnswer(response);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && problem.code === 'not_signed_in') onSignedOut();
    throw new ApiError(problem);
  }
  return response;
}

async function request<T>(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await answered(method, path, query, body, signal);
  const text = response.status === 204 ? '' : await response.text();
  if (!text) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ApiError({ status: response.status, code: 'unexpected_answer' });
  }
}

/** A body that is still arriving. */
export interface Streamed {
  headers: Headers;
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>('GET', path, query, undefined, signal),
  post: <T = void>(path: string, body: unknown = {}) => request<T>('POST', path, undefined, body),
  /** A file as it is, under its own type. */
  postFile: <T = void>(path: string, query: Query, file: Blob) => request<T>('POST', path, query, file),
  put: <T = void>(path: string, body: unknown) => request<T>('PUT', path, undefined, body),
  delete: <T = void>(path: string) => request<T>('DELETE', path),
  /** The answer as it comes, for files. */
  stream: async (path: string, query?: Query, signal?: AbortSignal): Promise<Streamed> => {
    const response = await answered('GET', path, query, undefined, signal);
    if (!response.body) throw new ApiError({ status: response.status, code: 'unexpected_answer' });
    return { headers: response.headers, body: response.body };
  },
};

export function asProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { status: 0, code: 'unexpected_answer', detail: error instanceof Error ? error.message : String(error) };
}

/** What to tell the reader about a failure, in their language. */
export const errorText = (error: unknown): string => problemText(asProblem(error));

/** The messages for the fields of a form, by field name. */
export function fieldErrors(error: unknown): Record<string, string> {
  const all: Record<string, string> = {};
  for (const field of asProblem(error).fields ?? []) {
    const text = fieldText(field);
    all[field.field] = all[field.field] ? `${all[field.field]} ${text}` : text;
  }
  return all;
}
