// Identity providers of the pretend hub; none can be reached.
import { randomUUID } from 'node:crypto';
import type { Identity, IdentityProvider } from '../src/api/identity-types.ts';
import { Fault, type Handler } from './fault.ts';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

export function identityRoutes(empty: boolean): [string, RegExp, Handler][] {
  const providers: IdentityProvider[] = empty ? [] : [{ id: 'port', name: 'Port account' }];
  const identities: Identity[] = empty
    ? []
    : [{ id: randomUUID(), provider: 'port', provider_name: 'Port account', label: 'ana.keller', created_at: ago(40 * 86_400_000), last_used_at: ago(130_000) }];
  const list = <T>(items: T[]) => () => ({ items, next_cursor: null });
  const departure = () => {
    throw new Fault(503, 'provider_unavailable');
  };
  return [
    ['GET', /^\/session\/providers$/, list(providers)],
    ['POST', /^\/session\/providers\/[^/]+\/journey$/, departure],
    ['POST', /^\/invitation\/journey$/, departure],
    ['GET', /^\/account\/identities$/, list(identities)],
    ['POST', /^\/account\/identities$/, departure],
    ['POST', /^\/account\/identities\/([^/]+)\/removal$/, ({ params }) => {
      const at = identities.findIndex(({ id }) => id === params[0]);
      if (at < 0) throw new Fault(404, 'not_found');
      identities.splice(at, 1);
      return null;
    }],
  ];
}
