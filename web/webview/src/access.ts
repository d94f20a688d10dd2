/**
 * What each profile may do, so that the pages offer nothing that the gateway would refuse. The gateway decides; this only follows its table
 * (edge/gateway/routes.md), and a test compares the two.
 */
export type Action = 'edit_site' | 'edit_zones' | 'edit_loads' | 'edit_sources' | 'edit_history' | 'link_hub';

const MAY: Readonly<Record<Action, readonly string[]>> = {
  edit_site: ['admin'],
  edit_zones: ['advanced_user', 'admin'],
  edit_loads: ['advanced_user', 'admin'],
  edit_sources: ['admin'],
  edit_history: ['admin'],
  link_hub: ['admin', 'cyber_security'],
};

export const can = (session: { readonly profile: string }, action: Action): boolean => MAY[action].includes(session.profile);
