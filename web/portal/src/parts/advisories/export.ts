// What bears on an organisation, and the library, as tables for a spreadsheet, in the reader's language.
import type { AdvisoryMatch, AdvisorySummary } from '../../api/inventory-types';
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import { remedyText, tlpMark } from './words';

export function saveBearing(matches: readonly AdvisoryMatch[], organisation: string): void {
  const head = [t('advisories.state'), t('asset.name'), t('asset.criticality'), t('advisories.name'), t('advisory.id'), t('advisories.publisher'), t('advisories.cves'), 'CVSS', t('advisories.because'), t('advisories.to_do'), t('advisories.released')];
  const rows = matches.flatMap(({ advisory, assets }) =>
    assets.flatMap((asset) =>
      asset.findings.map((finding) => [
        t(`advisory_state.${finding.state}`), asset.name, asset.criticality, advisory.title, advisory.tracking_id, advisory.publisher, finding.cve ?? '', finding.score ?? '',
        t(`advisory_why.${finding.why}`), finding.remediations.map(({ category, details }) => `${remedyText(category)} – ${details}`).join('\n'), advisory.released_at.slice(0, 10),
      ]),
    ),
  );
  saveCsv([head, ...rows], organisation, t('advisories.title'));
}

export function saveLibrary(all: readonly AdvisorySummary[]): void {
  const head = [t('advisories.name'), t('advisory.id'), t('asset.version'), t('advisories.publisher'), t('advisories.severity'), 'CVSS', t('advisories.tlp'), t('advisories.released'), t('advisories.added')];
  saveCsv([head, ...all.map((one) => [one.title, one.tracking_id, one.version, one.publisher, one.severity ? t(`severity.${one.severity}`) : '', one.score ?? '', tlpMark(one.tlp), one.released_at.slice(0, 10), one.added_at.slice(0, 10)])], t('advisories.title'));
}
