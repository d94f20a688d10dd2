// What can be allowed at the hub (hub/hub/permissions.md; a test compares the two). Which profile may what is the hub's own table: the
// session brings what it may, so that pages offer nothing that would be refused.
import { session } from '@haubert/ui';
import { needsOrganisation } from './state/people';

export const resources = ['organisations', 'gateways', 'measurements', 'storage', 'updates', 'library', 'standing', 'accounts', 'audits', 'labels', 'campaigns', 'assets', 'advisories'] as const;
export type Permission = `${(typeof resources)[number]}:${'view' | 'change' | 'run'}`;

export const can = (permission: Permission): boolean => session.can(permission);

/** Whether what a company says of its security may be changed: its profile, answers, ratings and data path. */
export const mayChange = (): boolean => can('standing:change');

/** Whether somebody sees how every organisation stands, and not the own one only. */
export const seesCommunity = (): boolean => can('standing:view') && can('organisations:view') && !needsOrganisation(session.profile);
