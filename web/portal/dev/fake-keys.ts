// The API keys of whoever is signed in at the pretend hub.
import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiKey, NewApiKey } from '@haubert/ui';
import { Fault, type Handler } from './fault.ts';

const day = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

export function keyRoutes(empty: boolean): [string, RegExp, Handler][] {
  const key = (name: string, may_change: boolean, rest: Partial<ApiKey>): ApiKey => ({ id: randomUUID(), name, may_change, created_at: ago(40 * day), expires_at: ago(-50 * day), last_used_at: null, ...rest });
  const keys = empty
    ? []
    : [
        key('Energy dashboard', false, { last_used_at: ago(130_000) }),
        key('Import from the asset register', true, { created_at: ago(26 * day), expires_at: ago(-4 * day), last_used_at: ago(2 * day) }),
        key('Trial with a spreadsheet', false, { created_at: ago(8 * day), expires_at: ago(day) }),
      ];
  return [
    ['GET', /^\/account\/keys$/, () => ({ items: keys, next_cursor: null })],
    ['POST', /^\/account\/keys$/, ({ body }) => {
      const given = body as unknown as { name: string; days: number; may_change: boolean };
      if (keys.length >= 20) throw new Fault(409, 'too_many_keys');
      const made = key(given.name, given.may_change, { created_at: ago(0), expires_at: ago(-given.days * day) });
      keys.push(made);
      return { ...made, secret: randomBytes(32).toString('base64url') } satisfies NewApiKey;
    }],
    ['DELETE', /^\/account\/keys\/([^/]+)$/, ({ params }) => {
      const at = keys.findIndex(({ id }) => id === params[0]);
      if (at < 0) throw new Fault(404, 'not_found');
      keys.splice(at, 1);
      return null;
    }],
  ];
}
