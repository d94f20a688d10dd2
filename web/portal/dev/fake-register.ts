// The risk registers of the pretend hub: one with something of every kind. A title that begins with "Conflict" is changed by somebody
// else whenever it is saved, to see what that looks like.
import { randomUUID } from 'node:crypto';
import type { Former, Risk, RiskAlert, RiskBody } from '../src/api/register-types.ts';
import { monthsAfter } from '../src/state/days.ts';
import { levelOf } from '../src/state/risk.ts';
import { scenarios } from './content.ts';
import { Fault, type Handler } from './fault.ts';

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const now = () => new Date().toISOString();
const action = (number: number) => `0000000a-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** What follows from what was entered; a scenario's measures are said to leave one grade less. */
function rated(body: RiskBody): Pick<Risk, 'level' | 'current_level' | 'current_likelihood' | 'target_level' | 'review_on' | 'alerts'> {
  const current = body.scenario === null ? null : Math.max(1, body.likelihood - 1);
  const level = levelOf(body.gravity, body.likelihood);
  const review_on = monthsAfter(body.reviewed_on, body.review_months);
  const { way, accepted_until } = body.treatment;
  const alerts: [RiskAlert, boolean][] = [
    ['acceptance_ended', way === 'accept' && (accepted_until ?? '') < day(0)],
    ['untreated', way === 'undecided' && level !== 'low'],
    ['no_action', way === 'reduce' && body.actions.length === 0],
    ['review_due', review_on <= day(0)],
  ];
  return {
    level, current_likelihood: current, current_level: levelOf(body.gravity, current ?? body.likelihood), target_level: levelOf(body.treatment.gravity, body.treatment.likelihood), review_on,
    alerts: body.state === 'closed' ? [] : alerts.filter(([, is]) => is).map(([alert]) => alert),
  };
}

export function registerRoutes(organisation: string | undefined, user: () => string): [string, RegExp, Handler][] {
  const past = new Map<string, Former[]>();
  const risk = (number: number, rest: Partial<Omit<RiskBody, 'treatment'>>, treatment: Partial<RiskBody['treatment']> = {}): Risk => {
    const gravity = rest.gravity ?? 2;
    const likelihood = rest.likelihood ?? 2;
    const body: RiskBody = {
      title: scenarios.find(({ id }) => id === rest.scenario)?.title.en ?? '', description: '', scenario: null, owner: '', actions: [], review_months: 6, reviewed_on: day(-60), state: 'open', revision: 1,
      ...rest, gravity, likelihood, treatment: { way: 'undecided', words: '', gravity, likelihood, accepted_by: '', accepted_until: null, ...treatment },
    };
    return { ...body, ...rated(body), id: `0000000b-0000-4000-8000-${String(number).padStart(12, '0')}`, organisation_id: organisation ?? '', created_at: `2026-0${number}-11T08:00:00.000Z`, changed_at: now(), changed_by: 'Bruno Gauthier' };
  };
  let risks: Risk[] = organisation === undefined ? [] : [
    risk(1, { scenario: 'FS-01', gravity: 4, likelihood: 3, owner: 'Bruno Gauthier', actions: [action(2), action(3)], description: 'The order system and the gate are served from one machine room.' }, { way: 'reduce', gravity: 3, likelihood: 2, words: 'Separate the gate from the office network, then test the backup.' }),
    risk(2, { scenario: 'FS-03', gravity: 3, likelihood: 3, owner: 'Chloé Marchand', reviewed_on: day(-200) }, { way: 'reduce', gravity: 3, likelihood: 1 }),
    risk(3, { title: 'The only person who knows the crane controls leaves', gravity: 3, likelihood: 2, owner: '' }),
    risk(4, { scenario: 'FS-05', gravity: 2, likelihood: 2, owner: 'Atelier Ferrand & Fils' }, { way: 'share', words: 'The insurer bears the loss of freight above 50 000 €.', gravity: 1, likelihood: 2 }),
    risk(5, { title: 'Old printer firmware in the warehouse', gravity: 1, likelihood: 3, owner: 'Chloé Marchand', reviewed_on: day(-20) }, { way: 'accept', accepted_by: 'Anne Rivoal, managing director', accepted_until: day(-4), words: 'It prints labels only and is cut off from the network.' }),
    risk(6, { title: 'Conflict: whoever saves this finds that somebody else has', gravity: 2, likelihood: 3 }, { way: 'prevent', gravity: 1, likelihood: 1, words: 'The remote access goes.' }),
    risk(7, { title: 'Paper archive in the cellar is flooded', gravity: 2, likelihood: 1, state: 'closed' }, { way: 'prevent' }),
  ];
  const find = (id: string | undefined): Risk => {
    const found = risks.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return found;
  };
  /** As the hub's store writes it: lists and treatment as JSON within. */
  const keep = (before: Risk) =>
    past.set(before.id, [{ revision: before.revision, document: { ...before, treatment: JSON.stringify(before.treatment), actions: JSON.stringify(before.actions) }, changed_at: before.changed_at, changed_by: before.changed_by } as unknown as Former, ...(past.get(before.id) ?? [])]);
  const checked = (body: unknown): RiskBody => {
    const given = body as RiskBody;
    if (!given.title.trim()) throw new Fault(422, 'invalid', [{ field: 'title', message_code: 'required', message: 'A title is needed' }]);
    if (given.treatment.likelihood > given.likelihood) throw new Fault(422, 'invalid', [{ field: 'treatment.likelihood', message_code: 'too_high', message: 'At most what was there' }]);
    return given;
  };
  return [
    ['GET', /^\/organisations\/([^/]+)\/risks$/, ({ params }) => ({ items: risks.filter(({ organisation_id }) => organisation_id === params[0]), next_cursor: null })],
    ['POST', /^\/organisations\/([^/]+)\/risks$/, ({ params, body }) => {
      const given = checked(body);
      const made: Risk = { ...given, ...rated(given), id: randomUUID(), organisation_id: params[0] ?? '', revision: 1, created_at: now(), changed_at: now(), changed_by: user() };
      risks = [...risks, made];
      return made;
    }],
    ['PUT', /^\/risks\/([^/]+)$/, ({ params, body }) => {
      const given = checked(body);
      const found = find(params[0]);
      if (found.title.startsWith('Conflict') && found.revision === 1) {
        keep({ ...found });
        Object.assign(found, { revision: 2, owner: 'Dora Nilsson', gravity: 3, changed_by: 'Dora Nilsson' });
      }
      if (given.revision !== found.revision) throw new Fault(409, 'changed_meanwhile');
      keep({ ...found });
      return Object.assign(found, given, rated(given), { revision: found.revision + 1, changed_at: now(), changed_by: user() });
    }],
    ['DELETE', /^\/risks\/([^/]+)$/, ({ params }) => {
      const { id } = find(params[0]);
      risks = risks.filter((one) => one.id !== id);
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/past$/, ({ query }) => ({ items: past.get(query.get('subject') ?? '') ?? [], next_cursor: null })],
  ];
}
