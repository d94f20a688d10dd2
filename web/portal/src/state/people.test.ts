import { readFileSync } from 'node:fs';
import { tu } from '@haubert/ui';
import { describe, expect, it } from 'vitest';
import type { Account, Invitation } from '../api/types';
import { t } from '../i18n';
import { COMMUNITY, invitationCounts, invitationState, isSamePlace, matching, needsOrganisation, placeOf, profiles, profilesToGive, withDoor, type PeopleFilter } from './people';

const rights = readFileSync(new URL('../../../../hub/hub/src/rights.rs', import.meta.url), 'utf8');
const listed = (name: string) => (new RegExp(`${name}: \\[&str; \\d+\\] = \\[([^\\]]*)`).exec(rights)?.[1] ?? '').toLowerCase().split(/,\s*/);

describe('profiles', () => {
  it('are those of the hub', () => {
    expect([...profiles].sort()).toEqual(listed('PROFILES').sort());
    expect(profiles.filter(needsOrganisation).sort()).toEqual(listed('OF_ORGANISATIONS').sort());
  });
  it('have a name, and one line of what they may', () => {
    for (const profile of profiles) expect([tu.has(`profile.${profile}`), t.has(`profile_may.${profile}`)], profile).toEqual([true, true]);
  });
  it('of the community are not given by somebody of an organisation', () => {
    expect(profilesToGive('coordinator')).toEqual(profiles);
    expect(profilesToGive('member_admin')).toEqual(['member', 'member_admin', 'provider']);
  });
  it('of the community belong to no organisation', () => {
    expect(placeOf('member', 'a')).toEqual({ profile: 'member', organisation_id: 'a' });
    expect(placeOf('analyst', 'a')).toEqual({ profile: 'analyst', organisation_id: null });
    expect(isSamePlace(placeOf('analyst', 'a'), placeOf('analyst', 'b'))).toBe(true);
    expect(isSamePlace(placeOf('member', 'a'), placeOf('member', 'b'))).toBe(false);
  });
});

const account = (user: string, change: Partial<Account> = {}): Account => ({
  id: user, user, profile: 'member', organisation_id: 'a', enabled: true, second_factor: true, last_sign_in_at: '2026-11-20T08:00:00.000Z', ...change,
});
const accounts = [
  account('ana', { profile: 'coordinator', organisation_id: null }),
  account('bruno', { profile: 'member_admin', second_factor: false }),
  account('chloé', { organisation_id: 'b', second_factor: false, enabled: false }),
  account('dora', { organisation_id: 'b', last_sign_in_at: null }),
];
const found = (change: Partial<PeopleFilter>) => matching(accounts, { state: 'all', profile: '', organisation: '', ...change }).map(({ user }) => user);

describe('people', () => {
  it('are filtered by state', () => {
    expect(found({})).toHaveLength(4);
    expect(found({ state: 'open' })).toEqual(['ana', 'bruno', 'dora']);
    expect(found({ state: 'closed' })).toEqual(['chloé']);
    expect(found({ state: 'no_factor' })).toEqual(['bruno']);
    expect(found({ state: 'never' })).toEqual(['dora']);
  });
  it('are filtered by profile and organisation, together', () => {
    expect(found({ organisation: COMMUNITY })).toEqual(['ana']);
    expect(found({ organisation: 'b' })).toEqual(['chloé', 'dora']);
    expect(found({ organisation: 'b', profile: 'member', state: 'open' })).toEqual(['dora']);
  });
  it('keep profile and organisation when they are closed', () => {
    expect(withDoor(account('dora'), false)).toEqual({ profile: 'member', organisation_id: 'a', enabled: false });
  });
});

describe('invitations', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  const invitation = (used_at: string | null, expires_at: string) => ({ used_at, expires_at }) as Invitation;
  const open = invitation(null, '2026-11-21T10:00:01Z');
  const used = invitation('2026-11-20T10:00:00Z', '2026-11-20T12:00:00Z');
  const expired = invitation(null, '2026-11-21T10:00:00Z');
  it('are open until they are used or over', () => {
    expect([open, used, expired].map((one) => invitationState(one, now))).toEqual(['open', 'used', 'expired']);
    expect(invitationCounts([open, used, expired, open], now)).toEqual({ open: 2, used: 1, expired: 1 });
  });
});
