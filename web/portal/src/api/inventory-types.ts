// What the hub's API says of assets, zones, conduits and advisories.

export type AssetField = 'id' | 'name' | 'class' | 'kind' | 'owner' | 'site' | 'criticality' | 'make' | 'model' | 'version' | 'serial' | 'address' | 'zone' | 'note';

export interface AssetBody {
  name: string;
  class: string;
  kind: string | null;
  owner: string;
  site_id: string | null;
  criticality: number;
  make: string;
  model: string;
  version: string;
  serial: string;
  address: string;
  zone_id: string | null;
  note: string;
  revision: number;
}
interface Traced {
  id: string;
  organisation_id: string;
  created_at: string;
  changed_at: string;
  changed_by: string;
}
export interface Asset extends AssetBody, Traced {
  origin: 'people' | 'gateway';
  gateway_id: string | null;
  /** What its gateway says, and nobody changes here. */
  told: AssetField[];
  gone_at: string | null;
}

export type RowState = 'new' | 'changed' | 'unchanged' | 'refused';
export interface AssetRow {
  line: number;
  name: string;
  state: RowState;
  asset_id: string | null;
  changed: AssetField[];
  faults: { field: AssetField; code: string; message: string }[];
}
export interface AssetImport {
  dry_run: boolean;
  added: number;
  changed: number;
  unchanged: number;
  refused: number;
  unknown_columns: string[];
  rows: AssetRow[];
}

export interface ZoneBody {
  name: string;
  target_level: number;
  purpose: string;
  revision: number;
}
export interface Zone extends ZoneBody, Traced {}
export type ConduitDirection = 'forward' | 'both';
export interface ConduitBody {
  name: string;
  from_zone_id: string;
  to_zone_id: string;
  direction: ConduitDirection;
  protocols: string[];
  target_level: number;
  note: string;
  revision: number;
}
export interface Conduit extends ConduitBody, Traced {}
export type RemarkKind = 'zone_empty' | 'zone_name_twice' | 'zone_alone' | 'protocols_unsaid' | 'conduit_below_zones' | 'conduit_twice';
export interface Segmentation {
  zones: { zone_id: string; assets: number }[];
  remarks: { kind: RemarkKind; on: string }[];
  without_zone: { id: string; name: string; criticality: number }[];
}

export type Severity = 'none' | 'low' | 'medium' | 'high' | 'critical';
export type Tlp = 'clear' | 'green' | 'amber' | 'amber_strict' | 'red';
export interface AdvisorySummary {
  id: string;
  tracking_id: string;
  version: string;
  title: string;
  publisher: string;
  tlp: Tlp | null;
  score: number | null;
  severity: Severity | null;
  severity_words: string | null;
  released_at: string;
  added_at: string;
  added_by: string;
}
export interface Advisory extends AdvisorySummary {
  status: 'draft' | 'interim' | 'final';
  first_released_at: string;
  vulnerabilities: { cve: string | null; title: string | null; score: number | null; severity: Severity | null }[];
  products: string[];
}
export type AdvisoryState = 'affected' | 'possibly' | 'under_investigation' | 'fixed' | 'not_affected';
export type AdvisoryWhy = 'same_version' | 'in_range' | 'version_unknown' | 'version_unclear' | 'range_in_words' | 'version_unsaid' | 'only_with_more' | 'same_family' | 'full_name';
export interface Bearing {
  cve: string | null;
  title: string | null;
  score: number | null;
  severity: Severity | null;
  state: AdvisoryState;
  why: AdvisoryWhy;
  product: string;
  remediations: { category: string; details: string; url: string | null }[];
}
export interface AdvisoryAsset {
  asset_id: string;
  name: string;
  criticality: number;
  state: AdvisoryState;
  findings: Bearing[];
}
export interface AdvisoryMatch {
  advisory: AdvisorySummary;
  state: AdvisoryState;
  assets: AdvisoryAsset[];
}
