// The people of the pretend hub: accounts, invitations in every state, and what each profile may, read from the hub's own table.
// The invitation that opens is the one whose token is forty-three times "a"; whoever is made by it is signed in.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Account, Invitation, NewInvitation, Organisation } from '../src/api/types.ts';
import { needsOrganisation } from '../src/state/people.ts';
import { Fault, type Handler } from './fault.ts';

const minute = 60_000;
const day = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const OPEN_TOKEN = 'a'.repeat(43);
const MAX_TRIES = 5;

/** What a profile may, from hub/hub/permissions.md. */
export function permissionsOf(profile: string): string[] {
  const lines = readFileSync(new URL('../../../hub/hub/permissions.md', import.meta.url), 'utf8').split('\n');
  const cells = (line: string) => line.split('|').map((cell) => cell.trim());
  const column = cells(lines.find((line) => line.startsWith('| permission')) ?? '').indexOf(profile);
  return lines.map(cells).filter((row) => row[column] === 'yes').map((row) => row[1] ?? '');
}

export const passwordRules = {
  min_chars: 10, needs_lower: true, needs_upper: true, needs_digit: true, needs_special: true,
  max_age_days: 365, min_age_hours: 0, history: 5, min_strength: 2, one_time_hours: 24,
};

export interface Who {
  user: string;
  profile: string;
  organisation: string | null;
}

export function peopleRoutes(organisations: Organisation[], empty: boolean, who: () => Who, enter: (who: Who) => void): [string, RegExp, Handler][] {
  const [, terminal, cold, repair] = organisations.map(({ id }) => id);
  const account = (user: string, profile: string, rest: Partial<Account> = {}): Account => ({
    id: randomUUID(), user, profile, organisation_id: null, enabled: true, second_factor: true, last_sign_in_at: ago(3 * minute), ...rest,
  });
  const accounts = [account('first.coordinator', 'coordinator')];
  if (!empty) {
    accounts.push(
      account('Nadia Lefèvre', 'analyst', { last_sign_in_at: ago(40 * minute) }),
      account('Tom Okafor', 'auditor', { second_factor: false, last_sign_in_at: ago(12 * day) }),
      account('Capitainerie — permanence', 'authority', { last_sign_in_at: null, second_factor: false }),
      account('Bruno Gauthier', 'member_admin', { organisation_id: terminal ?? null, last_sign_in_at: ago(5 * 60 * minute) }),
      account('Chloé Marchand', 'member', { organisation_id: terminal ?? null, second_factor: false, last_sign_in_at: ago(2 * day) }),
      account('Dora Nilsson', 'member', { organisation_id: cold ?? null, enabled: false, last_sign_in_at: ago(71 * day) }),
      account('Atelier Ferrand & Fils', 'provider', { organisation_id: repair ?? null, second_factor: false, last_sign_in_at: ago(6 * day) }),
    );
  }
  const invitation = (note: string, profile: string, rest: Partial<Invitation> = {}): Invitation => ({
    id: randomUUID(), profile, organisation_id: null, note, created_at: ago(day), created_by: 'first.coordinator', expires_at: ago(-6 * day), used_at: null, used_by: null, ...rest,
  });
  const opening = invitation('Léa Fontaine, transit office', 'member', { organisation_id: terminal ?? null });
  const invitations = empty
    ? []
    : [
        opening,
        invitation('', 'researcher', { created_at: ago(3 * day), expires_at: ago(-4 * day) }),
        invitation('Chloé Marchand', 'member', { organisation_id: terminal ?? null, created_by: 'Bruno Gauthier', created_at: ago(30 * day), expires_at: ago(23 * day), used_at: ago(29 * day), used_by: 'Chloé Marchand' }),
        invitation('Pilot station, reception', 'member', { organisation_id: cold ?? null, created_at: ago(20 * day), expires_at: ago(13 * day) }),
      ];

  const own = <T extends { organisation_id: string | null }>(items: T[]) => ({
    items: items.filter(({ organisation_id }) => !needsOrganisation(who().profile) || organisation_id === who().organisation),
    next_cursor: null,
  });
  const at = (items: { id: string }[], id: string | undefined): number => {
    const found = items.findIndex((one) => one.id === id);
    if (found < 0) throw new Fault(404, 'not_found');
    return found;
  };
  const other = (id: string | undefined): number => {
    const found = at(accounts, id);
    if (accounts[found]?.user === who().user) throw new Fault(409, 'own_account');
    return found;
  };
  let tries = 0;
  function opened(token: string | undefined): Invitation {
    if (tries >= MAX_TRIES) throw new Fault(429, 'too_many_attempts');
    if (token === OPEN_TOKEN && opening.used_at === null && invitations.includes(opening)) return opening;
    tries += 1;
    throw new Fault(404, 'not_invited');
  }

  return [
    ['GET', /^\/accounts$/, () => own(accounts)],
    ['PUT', /^\/accounts\/([^/]+)$/, ({ params, body }) => {
      const found = accounts[other(params[0])];
      // A way to see this refusal, which one meets only when two coordinators change each other at once.
      if (body.profile === 'researcher') throw new Fault(409, 'last_coordinator');
      return Object.assign(found ?? {}, body);
    }],
    ['DELETE', /^\/accounts\/([^/]+)$/, ({ params }) => {
      accounts.splice(other(params[0]), 1);
      return null;
    }],
    ['GET', /^\/invitations$/, () => own(invitations)],
    ['POST', /^\/invitations$/, ({ body }) => {
      const made = invitation(body.note ?? '', body.profile ?? '', { organisation_id: body.organisation_id ?? null, created_at: ago(0), created_by: who().user, expires_at: ago(-7 * day) });
      invitations.unshift(made);
      const token = Buffer.from(randomUUID().repeat(2)).toString('base64url').slice(0, 43);
      return { invitation: made, token, url: `https://hub.port-community.example:8443/#/invitation/${token}` } satisfies NewInvitation;
    }],
    ['DELETE', /^\/invitations\/([^/]+)$/, ({ params }) => {
      invitations.splice(at(invitations, params[0]), 1);
      return null;
    }],
    ['POST', /^\/invitation$/, ({ body }) => {
      const { profile, organisation_id, expires_at } = opened(body.token);
      return { profile, organisation: organisations.find(({ id }) => id === organisation_id)?.name ?? null, expires_at, providers: [{ id: 'port', name: 'Port account' }] };
    }],
    ['POST', /^\/invitation\/acceptance$/, ({ body }) => {
      const { profile, organisation_id } = opened(body.token);
      const { user = '', password = '' } = body;
      if (accounts.some((one) => one.user.toLowerCase() === user.toLowerCase())) {
        throw new Fault(409, 'name_taken', [{ field: 'user', message_code: 'taken', message: 'Taken' }]);
      }
      if (password.length < passwordRules.min_chars) {
        throw new Fault(422, 'invalid', [{ field: 'password', message_code: 'password_too_short', message: 'Too short' }]);
      }
      Object.assign(opening, { used_at: ago(0), used_by: user });
      accounts.push(account(user, profile, { organisation_id, second_factor: false }));
      enter({ user, profile, organisation: organisation_id });
      return { user, profile, standing: 'full', permissions: permissionsOf(profile), expires_at: ago(-day) };
    }],
  ];
}
