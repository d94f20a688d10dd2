/**
 * What can be allowed at the gateway (edge/gateway/permissions.md; a test compares the two). Which profile may what is the gateway's own table:
 * the session brings what it may, so that pages offer nothing that would be refused.
 */
import { session } from '@haubert/ui';

export const RESOURCES = [
  'measurements', 'site', 'hierarchy', 'sources', 'device_profiles', 'history', 'hub_link', 'outlets', 'alarms', 'events', 'diagnostics',
  'accounts', 'permissions', 'sessions', 'policy', 'certificates', 'firewall', 'audit', 'updates', 'backups', 'storage', 'posture',
] as const;
export type Resource = (typeof RESOURCES)[number];
export type Permission = `${Resource}:${'view' | 'change' | 'run'}`;

export const can = (permission: Permission): boolean => session.can(permission);
