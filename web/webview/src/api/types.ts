/** Short names for the shapes of the gateway's API, which are generated from its description (`npm run api`). */
import type { components, paths } from './schema.js';

type Schemas = components['schemas'];

export type Session = Schemas['Session'];
export type Site = Schemas['Site'];
export type Zone = Schemas['Zone'];
export type Fluid = Schemas['Fluid'];
export type Usage = Schemas['Usage'];
export type Unit = Schemas['Unit'];
export type Quantity = Schemas['Quantity'];
export type Quality = Schemas['Quality'];
export type Reason = Schemas['Reason'];
export type Load = Schemas['Load'];
export type Profile = Schemas['Profile'];
export type ProfileFault = Schemas['ProfileFault'];
export type ProfileDetail = Schemas['ProfileDetail'];
export type ProfileMap = Schemas['ProfileMap'];
export type ProfilePoint = Schemas['ProfilePoint'];
export type ProfileCheck = Schemas['ProfileCheck'];
export type TrialReport = Schemas['TrialReport'];
export type TestPoint = Schemas['TestPoint'];
export type Choice = Schemas['Choice'];
export type Parity = Schemas['Parity'];
export type Line = Schemas['Line'];
export type BusInput = Schemas['BusBody'];
export type Bus = Schemas['BusEntry'];
export type DeviceState = Schemas['DeviceState'];
export type Device = Schemas['Device'];
export type DeviceInput = Schemas['DeviceBody'];
export type TestReport = Schemas['TestReport'];
export type Found = Schemas['FoundView'];
export type Discovery = Schemas['Discovery'];
export type DiscoveryInput = Schemas['DiscoveryBody'];
export type Home = Schemas['Home'];
export type Notice = Schemas['Notice'];
export type Series = Schemas['Series'];
export type Samples = Schemas['Samples'];
export type HistoryView = Schemas['History'];
export type HistoryLimits = Schemas['HistoryLimits'];
export type HistoryTrends = Schemas['HistoryTrends'];
export type HistoryPreview = Schemas['HistoryPreview'];
export type LoadTrend = Schemas['LoadTrend'];
export type RecordKind = Schemas['RecordKind'];
export type GroupPeriods = Schemas['GroupPeriods'];
export type ReadingSettings = Schemas['ReadingSettings'];
export type ExportQuery = paths['/api/v1/exports/samples']['get']['parameters']['query'];
export type Consumption = Schemas['Consumption'];
export type ConsumptionRow = Schemas['Row'];
export type Step = Schemas['StepName'];
export type GroupBy = paths['/api/v1/consumption']['get']['parameters']['query']['by'];
export type RoundTrip = Schemas['RoundTrip'];
export type Diagnostics = Schemas['Diagnostics'];
export type BusDiagnostics = Schemas['BusHealth'];
export type DeviceDiagnostics = Schemas['DeviceHealth'];
export type LinkState = Schemas['LinkState'];
export type Certificates = Schemas['CertificatesView'];
export type Certificate = Schemas['CertificateView'];
export type CertificateIdentity = Schemas['CertificateIdentity'];
export type CertificateTrust = Schemas['CertificateTrust'];
export type CertificateInspection = Schemas['CertificateInspection'];
export type CertificateFinding = Schemas['CertificateFinding'];
export type IdentityUpload = Schemas['IdentityUpload'];
export type WantedCertificate = Schemas['WantedCertificate'];
export type GatewayEvent = Schemas['Event'];
export type StateChanges = Schemas['StateChanges'];

export type Policy = Schemas['Policy'];
export type PolicyState = Schemas['PolicyState'];
export type PolicyService = Schemas['PolicyService'];
export type ServiceId = Schemas['Service'];
export type PolicyPort = Schemas['PolicyPort'];
export type PolicyPreset = Schemas['PolicyPreset'];
export type PolicyPreview = Schemas['PolicyPreview'];
export type PolicyChange = Schemas['PolicyChange'];
export type PolicyEffect = Schemas['PolicyEffect'];
export type PolicyProbation = Schemas['PolicyProbation'];
export type OpenSockets = Schemas['OpenSockets'];

export type Live = Schemas['Snapshot'];
/** One value of a [`Live`]. */
export interface LiveValue {
  device_id: string;
  load_id: string;
  channel: number;
  quantity: Quantity;
  value: number | null;
  unit: Unit;
  at: string;
  quality: Quality;
  reason: Reason;
}

/** In the order in which they are offered; the type check fails when one is missing. */
const USAGE_RANK: Readonly<Record<Usage, number>> = {
  supply: 0, cranes: 1, reefers: 2, shore_power: 3, process: 4, lighting: 5, hvac: 6, offices: 7, it: 8, charging: 9, production: 10, water: 11, other: 12,
};
export const USAGES = (Object.keys(USAGE_RANK) as Usage[]).sort((a, b) => USAGE_RANK[a] - USAGE_RANK[b]);
export type PostureAnswer = Schemas['PostureAnswer'];
export type PostureFinding = Schemas['PostureFinding'];
export type FirewallView = Schemas['Firewall'];
export type FirewallSettings = Schemas['FirewallDocument'];
export type FirewallBlock = Schemas['FirewallBlock'];
export type FirewallSource = Schemas['FirewallSource'];
export type UpdatesView = Schemas['UpdatesView'];
export type PastUpdate = Schemas['PastView'];
export type BootView = Schemas['BootView'];
export type AuditRecord = Schemas['AuditRecord'];
export type AuditStatus = Schemas['AuditStatus'];
export type AuditVerdict = Schemas['AuditVerdict'];
export type AuditSettings = Schemas['AuditSettings'];
export type SyslogTest = Schemas['SyslogTest'];
export type StorageView = Schemas['StorageView'];
export type RestoreView = Schemas['RestoreView'];
export type ModbusServer = Schemas['ModbusServer'];
export type ModbusServerSettings = Schemas['ModbusServerSettings'];
export type ModbusUnitView = Schemas['ModbusUnitView'];
export type ModbusClient = Schemas['ModbusClient'];
export type ModbusServerStep = Schemas['ModbusServerStep'];
export type Alarm = Schemas['Alarm'];
export type AlarmRule = Schemas['AlarmRule'];
export type AlarmRuleInput = Schemas['AlarmRuleBody'];
export type AlarmCondition = Schemas['Condition'];
export type AlarmTrial = Schemas['AlarmTrial'];
export type Mqtt = Schemas['Mqtt'];
export type MqttSettings = Schemas['MqttSettings'];
export type MqttStep = Schemas['MqttStep'];
