// The plans of action of the pretend hub: one that is half done, with something late, something dropped and something that waits. A title
// that begins with "conflict" is changed by somebody else whenever it is saved, to see what that looks like.
import { randomUUID } from 'node:crypto';
import type { Action, ActionBody } from '../src/api/plan-types.ts';
import { guide } from './content.ts';
import { Fault, type Handler } from './fault.ts';

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const now = () => new Date().toISOString();

export function planRoutes(organisation: string | undefined, user: () => string): [string, RegExp, Handler][] {
  const action = (number: number, rest: Partial<ActionBody>): Action => ({
    measure: null,
    title: guide.find(({ measure }) => measure === rest.measure)?.name.en ?? '',
    owner: '',
    due: null,
    effort: 'M',
    cost_eur: null,
    state: 'todo',
    depends_on: [],
    note: '',
    revision: 1,
    ...rest,
    id: `0000000a-0000-4000-8000-${String(number).padStart(12, '0')}`,
    organisation_id: organisation ?? '',
    created_at: now(),
    changed_at: now(),
    changed_by: 'Bruno Gauthier',
  });
  const before = (...numbers: number[]) => numbers.map((number) => action(number, {}).id);
  let actions: Action[] = organisation === undefined ? [] : [
    action(1, { measure: 'TEC-01', state: 'done', owner: 'Bruno Gauthier', due: day(-20), effort: 'M', cost_eur: 450 }),
    action(2, { measure: 'TEC-05', state: 'doing', owner: 'Chloé Marchand', due: day(-3), effort: 'M', cost_eur: 1200, depends_on: before(1), note: 'Password manager chosen; the warehouse follows in January.\nQuote of 14 November in the shared folder.' }),
    action(3, { measure: 'TEC-02', owner: 'Atelier Ferrand & Fils', due: day(45), effort: 'L', cost_eur: 8600, depends_on: before(1) }),
    action(4, { title: 'Test the backup of the order system with the provider', measure: 'TEC-09', due: day(30), effort: 'S', depends_on: before(2) }),
    action(5, { measure: 'POL-03', owner: 'Bruno Gauthier', due: day(100), effort: 'XL', cost_eur: 15_000, depends_on: before(3, 4) }),
    action(6, { title: 'Conflict: whoever saves this finds that somebody else has', measure: null, due: day(62), effort: 'S' }),
    action(7, { measure: 'ORG-04', state: 'doing', owner: 'Chloé Marchand', due: day(14), effort: 'L' }),
    action(8, { measure: 'TEC-14', state: 'dropped', cost_eur: 22_000, note: 'Too dear this year.' }),
    action(9, { measure: 'ORG-07' }),
  ];
  const find = (id: string | undefined): Action => {
    const found = actions.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return found;
  };
  const checked = (body: unknown): ActionBody => {
    const given = body as ActionBody;
    if (!given.title.trim()) throw new Fault(422, 'invalid', [{ field: 'title', message_code: 'required', message: 'A title is needed' }]);
    if (!given.depends_on.every((id) => actions.some((one) => one.id === id))) throw new Fault(422, 'invalid', [{ field: 'depends_on', message_code: 'not_found', message: 'Other actions of the same plan' }]);
    return given;
  };
  return [
    ['GET', /^\/organisations\/([^/]+)\/actions$/, ({ params }) => ({ items: actions.filter(({ organisation_id }) => organisation_id === params[0]), next_cursor: null })],
    ['POST', /^\/organisations\/([^/]+)\/actions$/, ({ params, body }) => {
      const made: Action = { ...checked(body), id: randomUUID(), organisation_id: params[0] ?? '', revision: 1, created_at: now(), changed_at: now(), changed_by: user() };
      actions = [...actions, made];
      return made;
    }],
    ['PUT', /^\/actions\/([^/]+)$/, ({ params, body }) => {
      const given = checked(body);
      const found = find(params[0]);
      if (found.title.startsWith('Conflict') && found.revision === 1) Object.assign(found, { revision: 2, owner: 'Dora Nilsson', due: day(80), changed_by: 'Dora Nilsson' });
      if (given.revision !== found.revision) throw new Fault(409, 'changed_meanwhile');
      return Object.assign(found, given, { revision: found.revision + 1, changed_at: now(), changed_by: user() });
    }],
    ['DELETE', /^\/actions\/([^/]+)$/, ({ params }) => {
      const { id } = find(params[0]);
      actions = actions.filter((one) => one.id !== id);
      return null;
    }],
  ];
}
