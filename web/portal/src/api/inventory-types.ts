// Short names for what the hub's API says of assets, zones, conduits and advisories.
import type { components } from './schema';

type Schemas = components['schemas'];

export type AssetField = Schemas['AssetField'];
export type AssetBody = Schemas['AssetBody'];
export type Asset = Schemas['Asset'];
export type RowState = Schemas['RowState'];
export type AssetRow = Schemas['AssetRow'];
export type AssetImport = Schemas['AssetImport'];

export type ZoneBody = Schemas['ZoneBody'];
export type Zone = Schemas['Zone'];
export type ConduitDirection = Schemas['ConduitDirection'];
export type ConduitBody = Schemas['ConduitBody'];
export type Conduit = Schemas['Conduit'];
export type RemarkKind = Schemas['SegmentationRemarkKind'];
export type Segmentation = Schemas['Segmentation'];

export type Severity = Schemas['CvssSeverity'];
export type Tlp = Schemas['Tlp'];
export type AdvisorySummary = Schemas['AdvisorySummary'];
export type Advisory = Schemas['Advisory'];
export type AdvisoryState = Schemas['AdvisoryState'];
export type AdvisoryWhy = Schemas['AdvisoryWhy'];
export type Bearing = Schemas['AdvisoryBearing'];
export type AdvisoryAsset = Schemas['AdvisoryAsset'];
export type AdvisoryMatch = Schemas['AdvisoryMatch'];
