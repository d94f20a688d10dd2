import { afterEach, describe, expect, it, vi } from 'vitest';
import { language } from '../i18n/language.svelte.js';
import { ApiError, api, apiUrl, errorText, fieldErrors, whenSignedOut } from './api.js';
import { nextWait } from './stream.js';
import { typedApi } from './typed.js';

afterEach(() => {
  vi.unstubAllGlobals();
  language.current = 'en';
});
const answers = (...list: Response[]) => {
  const fetch = vi.fn((..._args: [string, RequestInit]) => Promise.resolve(list.shift() ?? new Response(null, { status: 500 })));
  vi.stubGlobal('fetch', fetch);
  return fetch;
};
const problem = (status: number, body: object) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });

interface Described {
  '/api/v1/zones/{id}/loads': { get: { responses: { 200: { content: { 'application/json': { items: number[]; next_cursor: string | null } } } } }; put?: never };
}

describe('api', () => {
  it('builds addresses without empty parameters', () => {
    expect(apiUrl('/series/samples.csv', { ids: [1, 2], from: '', to: null })).toBe('/api/v1/series/samples.csv?ids=1%2C2');
  });
  it('marks what changes state, and only that', async () => {
    const fetch = answers(Response.json({ ok: 1 }), new Response(null, { status: 204 }));
    await api.get('/site');
    await api.delete('/zones/1');
    expect(fetch.mock.calls[0]?.[1].headers).not.toHaveProperty('x-haubert-request');
    expect(fetch.mock.calls[1]?.[1].headers).toHaveProperty('x-haubert-request', '1');
  });
  it('turns problem details into words beside the field', async () => {
    answers(problem(422, { code: 'invalid', fields: [{ field: 'password', message_code: 'password_too_short', message: 'x' }, { field: 'password', message_code: 'password_needs_digit', message: 'y' }] }));
    const error = await api.post('/setup', {}).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(fieldErrors(error)).toEqual({ password: 'It is too short. Add a digit.' });
    language.current = 'fr';
    expect(errorText(error)).toBe('Certains champs sont à corriger.');
  });
  it('says so when the session has ended, not when a password is wrong', async () => {
    const out = vi.fn();
    whenSignedOut(out);
    answers(problem(401, { code: 'wrong_credentials' }), problem(401, { code: 'not_signed_in' }));
    await api.post('/session', {}).catch(() => {});
    expect(out).not.toHaveBeenCalled();
    await api.get('/home').catch(() => {});
    expect(out).toHaveBeenCalledOnce();
  });
  it('survives answers that are not what they should be', async () => {
    answers(new Response('<html>', { status: 502 }), new Response('<html>', { status: 200 }));
    for (let n = 0; n < 2; n += 1) expect(await api.get('/home').catch((caught: ApiError) => caught.code)).toBe('unexpected_answer');
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
    expect(await api.get('/home').catch((caught: ApiError) => caught.code)).toBe('server_unreachable');
  });
  it('follows cursors to the end', async () => {
    const fetch = answers(Response.json({ items: [1], next_cursor: 'b' }), Response.json({ items: [2], next_cursor: null }));
    expect(await typedApi<Described>().all('/zones/{id}/loads', { ids: { id: 'a b' }, query: { q: 1 } })).toEqual([1, 2]);
    expect(fetch.mock.calls[1]?.[0]).toBe('/api/v1/zones/a%20b/loads?q=1&cursor=b');
  });
  it('knows only what the description says', () => {
    const typed = typedApi<Described>();
    // @ts-expect-error The path has an id to be filled.
    expect(typed.url('/zones/{id}/loads')).toBe('/api/v1/zones//loads');
    // @ts-expect-error There is no such path.
    expect(typed.url('/zone')).toBe('/api/v1/zone');
    // @ts-expect-error Nothing can be put there.
    expect(() => typed.put('/zones/{id}/loads', { ids: { id: 1 } })).not.toBeUndefined();
  });
});

describe('stream', () => {
  it('waits longer each time, up to half a minute', () => {
    expect([1000, 2000, 20_000, 30_000].map(nextWait)).toEqual([2000, 4000, 30_000, 30_000]);
  });
});
