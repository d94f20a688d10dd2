// What bears on an organisation, the library, and one advisory, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Advisory, AdvisoryMatch, AdvisorySummary } from '../../api/inventory-types';
import { t } from '../../i18n';
import { remedyText, tlpMark, tlpText } from './words';

/** One line for each finding on each asset. */
export function bearingTable(matches: readonly AdvisoryMatch[]): ExportTable {
  const rows = matches.flatMap(({ advisory, assets }) => assets.flatMap((asset) => asset.findings.map((finding) => ({ advisory, asset, finding }))));
  return tableOf('advisories_bearing', t('advisories.title'), [
    { key: 'state', title: t('advisories.state'), value: ({ finding }) => finding.state, text: ({ finding }) => t(`advisory_state.${finding.state}`) },
    { key: 'asset', title: t('asset.name'), value: ({ asset }) => asset.name },
    { key: 'criticality', title: t('asset.criticality'), value: ({ asset }) => asset.criticality },
    { key: 'title', title: t('advisories.name'), value: ({ advisory }) => advisory.title },
    { key: 'tracking_id', title: t('advisory.id'), value: ({ advisory }) => advisory.tracking_id },
    { key: 'publisher', title: t('advisories.publisher'), value: ({ advisory }) => advisory.publisher },
    { key: 'cve', title: t('advisories.cves'), value: ({ finding }) => finding.cve },
    { key: 'score', title: 'CVSS', value: ({ finding }) => finding.score },
    { key: 'why', title: t('advisories.because'), value: ({ finding }) => finding.why, text: ({ finding }) => t(`advisory_why.${finding.why}`) },
    {
      key: 'to_do',
      title: t('advisories.to_do'),
      value: ({ finding }) => finding.remediations.map(({ category, details }) => `${category}: ${details}`),
      text: ({ finding }) => finding.remediations.map(({ category, details }) => `${remedyText(category)} – ${details}`).join('\n'),
    },
    { key: 'released_at', title: t('advisories.released'), value: ({ advisory }) => advisory.released_at, kind: 'time' },
  ], rows);
}

export const libraryTable = (all: readonly AdvisorySummary[]): ExportTable =>
  tableOf('advisories', t('advisories.library'), [
    { key: 'title', title: t('advisories.name'), value: ({ title }) => title },
    { key: 'tracking_id', title: t('advisory.id'), value: ({ tracking_id }) => tracking_id },
    { key: 'version', title: t('asset.version'), value: ({ version }) => version },
    { key: 'publisher', title: t('advisories.publisher'), value: ({ publisher }) => publisher },
    { key: 'cves', title: t('advisories.cves'), value: ({ cves }) => cves },
    { key: 'severity', title: t('advisories.severity'), value: ({ severity }) => severity, text: ({ severity }) => (severity ? t(`severity.${severity}`) : '') },
    { key: 'score', title: 'CVSS', value: ({ score }) => score },
    { key: 'tlp', title: t('advisories.tlp'), value: ({ tlp }) => tlp, text: ({ tlp }) => tlpMark(tlp) },
    { key: 'released_at', title: t('advisories.released'), value: ({ released_at }) => released_at, kind: 'time' },
    { key: 'added_at', title: t('advisories.added'), value: ({ added_at }) => added_at, kind: 'time' },
  ], all);

/** What it says, its vulnerabilities, its products; and the assets on which it bears, where that is looked at. */
export const advisoryTables = (advisory: Advisory, match: AdvisoryMatch | null): ExportTable[] => [
  tableOf('advisory', t('advisories.name'), [
    { key: 'title', title: t('advisories.name'), value: ({ title }) => title },
    { key: 'publisher', title: t('advisories.publisher'), value: ({ publisher }) => publisher },
    { key: 'tracking_id', title: t('advisory.id'), value: ({ tracking_id }) => tracking_id },
    { key: 'version', title: t('asset.version'), value: ({ version }) => version },
    { key: 'status', title: t('advisory.status'), value: ({ status }) => status, text: ({ status }) => t(`advisory.status.${status}`) },
    { key: 'severity', title: t('advisories.severity'), value: ({ severity }) => severity, text: ({ severity }) => (severity ? t(`severity.${severity}`) : '') },
    { key: 'score', title: 'CVSS', value: ({ score }) => score },
    { key: 'severity_words', title: t('advisory.words'), value: ({ severity_words }) => severity_words },
    { key: 'tlp', title: t('advisories.tlp'), value: ({ tlp }) => tlp, text: ({ tlp }) => [tlpMark(tlp), tlpText(tlp)].filter(Boolean).join(', ') },
    { key: 'first_released_at', title: t('advisory.first'), value: ({ first_released_at }) => first_released_at, kind: 'time' },
    { key: 'released_at', title: t('advisories.released'), value: ({ released_at }) => released_at, kind: 'time' },
    { key: 'added_at', title: t('advisories.added'), value: ({ added_at }) => added_at, kind: 'time' },
    { key: 'added_by', title: t('advisories.added_by'), value: ({ added_by }) => added_by },
  ], [advisory]),
  tableOf('vulnerabilities', t('advisory.vulnerabilities'), [
    { key: 'cve', title: t('advisories.cves'), value: ({ cve }) => cve, text: ({ cve }) => cve ?? t('advisory.no_cve') },
    { key: 'title', title: t('advisory.vulnerability'), value: ({ title }) => title },
    { key: 'severity', title: t('advisories.severity'), value: ({ severity }) => severity, text: ({ severity }) => (severity ? t(`severity.${severity}`) : '') },
    { key: 'score', title: 'CVSS', value: ({ score }) => score },
  ], advisory.vulnerabilities),
  tableOf('products', t('advisory.products'), [{ key: 'product', title: t('advisory.product'), value: (product: string) => product }], advisory.products),
  ...(match ? [bearingTable([match])] : []),
];
