// What each profile may do, so that the pages offer nothing that the hub would refuse. The hub decides; this only follows
// its table (hub/hub/routes.md), and a test compares the two.
export type Action = 'edit_fleet' | 'edit_organisations' | 'check_storage';

const may: Readonly<Record<Action, readonly string[]>> = {
  edit_fleet: ['coordinator'],
  edit_organisations: ['coordinator'],
  check_storage: ['coordinator'],
};

export const can = (session: { readonly profile: string }, action: Action): boolean => may[action].includes(session.profile);
