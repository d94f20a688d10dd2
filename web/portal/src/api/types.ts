// What the hub's API says, as used by the pages (/api/v1). Times are RFC 3339 UTC text, chart points milliseconds.

export const organisationKinds = [
  'port_authority',
  'terminal',
  'shipping',
  'logistics',
  'industry',
  'services',
  'authority',
  'other',
] as const;
export type OrganisationKind = (typeof organisationKinds)[number];

export interface Organisation {
  id: string;
  name: string;
  kind: OrganisationKind;
}

export interface Site {
  id: string;
  organisation_id: string;
  name: string;
  time_zone: string;
  country: string;
}

export interface DeviceCounts {
  online: number;
  degraded: number;
  offline: number;
  never_seen: number;
}

export interface Gateway {
  id: string;
  name: string;
  site_id: string;
  site_name: string;
  organisation_id: string;
  organisation_name: string;
  state: 'waiting' | 'enrolled' | 'revoked';
  online: boolean;
  last_seen_at: string | null;
  version: string | null;
  backlog_chunks: number | null;
  devices: DeviceCounts | null;
  power_w: number | null;
  certificate_expires_at: string | null;
  clock_set: boolean | null;
}

export interface Enrolment {
  token: string;
  expires_at: string;
  hub_url: string;
  fingerprint: string;
}

export type Quality = 'good' | 'uncertain' | 'bad';

export interface LiveValue {
  load_id: string;
  load_name: string;
  device_name: string;
  usage: string;
  fluid: string;
  quantity: string;
  value: number | null;
  unit: string;
  at: string;
  quality: Quality;
  reason: string;
}

export interface Series {
  id: number;
  load_id: string;
  load_name: string;
  device_name?: string;
  usage?: string;
  quantity: string;
  kind: 'index' | 'load_curve' | 'trend' | 'state';
  unit: string;
  period_s: number | null;
  first_at: string | null;
  last_at: string | null;
}

export interface Samples {
  id: number;
  unit: string;
  kind: Series['kind'];
  step_s: number | null;
  points: { t: number; v: number | null; min: number | null; max: number | null; q: Quality; r: string }[];
}

export interface Session {
  user: string;
  profile: 'coordinator' | 'member';
  expires_at: string;
}
