// What the people page counts and filters by, and who may be given what: pure, so that it does not depend on the screen.
import type { Account, AccountChange, Invitation } from '../api/types';

/** Those of the community first, then those of one organisation, as they are offered (hub/hub/src/rights.rs; a test compares the two). */
export const profiles = ['coordinator', 'analyst', 'auditor', 'authority', 'researcher', 'member', 'member_admin', 'provider'] as const;
export type Profile = (typeof profiles)[number];

const OF_ORGANISATIONS: ReadonlySet<string> = new Set<Profile>(['member_admin', 'member', 'provider']);
/** Whether whoever has the profile belongs to an organisation, and reaches nothing of any other. */
export const needsOrganisation = (profile: string): boolean => OF_ORGANISATIONS.has(profile);

/** What somebody of the profile `own` may give: whoever belongs to an organisation keeps its people only. */
export const profilesToGive = (own: string): Profile[] => profiles.filter((one) => needsOrganisation(one) || !needsOrganisation(own));

type Place = Pick<Account, 'profile' | 'organisation_id'>;
/** Profile and organisation as the hub takes them: the profiles of the community belong to no organisation. */
export const placeOf = (profile: string, organisation: string): { profile: string; organisation_id: string | null } => ({
  profile,
  organisation_id: needsOrganisation(profile) ? organisation : null,
});
export const isSamePlace = (a: Place, b: Place): boolean => a.profile === b.profile && a.organisation_id === b.organisation_id;

/** The same account, open or closed. */
export const withDoor = ({ profile, organisation_id }: Account, enabled: boolean): AccountChange => ({ profile, organisation_id, enabled });

/** What may be done to somebody else's account. */
export type Asked = 'change' | 'password' | 'factors' | 'close' | 'reopen' | 'remove';

export const peopleStates = ['all', 'open', 'no_factor', 'never', 'closed'] as const;
export type PeopleState = (typeof peopleStates)[number];

const matchers: Record<PeopleState, (account: Account) => boolean> = {
  all: () => true,
  open: ({ enabled }) => enabled,
  // A closed account lets nobody in, with or without a second factor.
  no_factor: ({ enabled, second_factor }) => enabled && !second_factor,
  never: ({ last_sign_in_at }) => last_sign_in_at === null,
  closed: ({ enabled }) => !enabled,
};

/** Those of the community, where an organisation is asked for. */
export const COMMUNITY = 'community';
export interface PeopleFilter {
  state: PeopleState;
  profile: string;
  /** An id, `COMMUNITY`, or nothing for all. */
  organisation: string;
}

export const matching = (accounts: readonly Account[], { state, profile, organisation }: PeopleFilter): Account[] =>
  accounts.filter(
    (account) =>
      matchers[state](account) &&
      (profile === '' || account.profile === profile) &&
      (organisation === '' || (account.organisation_id ?? COMMUNITY) === organisation),
  );

export const invitationStates = ['open', 'used', 'expired'] as const;
export type InvitationState = (typeof invitationStates)[number];

export function invitationState({ used_at, expires_at }: Pick<Invitation, 'used_at' | 'expires_at'>, now: number): InvitationState {
  if (used_at !== null) return 'used';
  return Date.parse(expires_at) > now ? 'open' : 'expired';
}

export const invitationCounts = (invitations: readonly Invitation[], now: number): Record<InvitationState, number> => {
  const counts = { open: 0, used: 0, expired: 0 };
  for (const one of invitations) counts[invitationState(one, now)] += 1;
  return counts;
};
