/**
 * The API as its OpenAPI description has it: paths, bodies and answers are checked against the types generated from it
 * (`npm run api`). Paths are written as the description writes them, without the prefix: `get('/series/{id}/samples', { ids: { id } })`.
 */
import { API_BASE, api, apiUrl, type Query, type Streamed } from './api.js';

type Method = 'get' | 'post' | 'put' | 'delete';
type Short<K> = K extends `${typeof API_BASE}${infer Rest}` ? Rest : never;
type Operation<Paths, M extends Method, P extends string> = Paths[`${typeof API_BASE}${P}` & keyof Paths] extends { [m in M]: infer O } ? O : never;
/** The paths that know the method. */
export type PathsOf<Paths, M extends Method> = { [K in keyof Paths]: Paths[K] extends { [m in M]: object } ? Short<K> : never }[keyof Paths];

type Json<T> = T extends { content: { 'application/json': infer B } } ? B : void;
type Answers<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R] : never;
/** What a path answers to a method, `void` when nothing. */
export type Answer<Paths, M extends Method, P extends string> = Answers<Operation<Paths, M, P>>;
type Names<P> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Ids<P> = [Names<P>] extends [never] ? { ids?: never } : { ids: Readonly<Record<Names<P>, string | number>> };
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: B } : { body?: never };
type Options<Paths, M extends Method, P extends string> = Ids<P> & Body<Operation<Paths, M, P>> & { query?: Query; signal?: AbortSignal };
/** Options may be left out when none is needed. */
type Rest<O> = object extends O ? [options?: O] : [options: O];
type Item<A> = A extends { items: (infer I)[] } ? I : never;

type Call<Paths, M extends Method> = <P extends PathsOf<Paths, M>>(path: P, ...rest: Rest<Options<Paths, M, P>>) => Promise<Answer<Paths, M, P>>;
export interface TypedApi<Paths> {
  get: Call<Paths, 'get'>;
  post: Call<Paths, 'post'>;
  put: Call<Paths, 'put'>;
  delete: Call<Paths, 'delete'>;
  /** A file as it is, under its own type. */
  postFile: <P extends PathsOf<Paths, 'post'>>(path: P, options: Ids<P> & { query?: Query; file: Blob }) => Promise<Answer<Paths, 'post', P>>;
  /** Every item of a list, page after page. */
  all: <P extends PathsOf<Paths, 'get'>>(path: P, ...rest: Rest<Options<Paths, 'get', P>>) => Promise<Item<Answer<Paths, 'get', P>>[]>;
  /** The answer as it comes, for files. */
  stream: <P extends PathsOf<Paths, 'get'>>(path: P, ...rest: Rest<Options<Paths, 'get', P>>) => Promise<Streamed>;
  /** The address, for links to files and for streams. */
  url: <P extends PathsOf<Paths, 'get'>>(path: P, ...rest: Rest<Options<Paths, 'get', P>>) => string;
}

interface Loose {
  ids?: Readonly<Record<string, string | number>>;
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  file?: Blob;
}

/** `/series/{id}` → `/series/7`. */
export const fillPath = (path: string, ids: Loose['ids'] = {}): string => path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(ids[name] ?? '')));

async function every(path: string, query: Query = {}, signal?: AbortSignal): Promise<unknown[]> {
  const items: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: unknown[]; next_cursor?: string | null } = await api.get(path, { ...query, cursor }, signal);
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor);
  return items;
}

/** The one place where types are asserted: that the server keeps to its description is what its own tests prove. */
export function typedApi<Paths>(): TypedApi<Paths> {
  const calls = {
    get: (path: string, options: Loose = {}) => api.get(fillPath(path, options.ids), options.query, options.signal),
    post: (path: string, options: Loose = {}) => api.post(fillPath(path, options.ids), options.body),
    postFile: (path: string, options: Loose & { file: Blob }) => api.postFile(fillPath(path, options.ids), options.query ?? {}, options.file),
    put: (path: string, options: Loose = {}) => api.put(fillPath(path, options.ids), options.body),
    delete: (path: string, options: Loose = {}) => api.delete(fillPath(path, options.ids)),
    all: (path: string, options: Loose = {}) => every(fillPath(path, options.ids), options.query, options.signal),
    stream: (path: string, options: Loose = {}) => api.stream(fillPath(path, options.ids), options.query, options.signal),
    url: (path: string, options: Loose = {}) => apiUrl(fillPath(path, options.ids), options.query),
  };
  return calls as unknown as TypedApi<Paths>;
}
