// Organisations with their sites to be taken along: one line for each site, one too for an organisation without any.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Organisation, Site } from '../api/types';
import { t } from '../i18n';

export function organisationsTable(shown: readonly Organisation[], sites: readonly Site[], countryName: (code: string) => string, gatewaysOn: (site: Site) => number): ExportTable {
  const rows = shown.flatMap((organisation): { organisation: Organisation; site?: Site }[] => {
    const own = sites.filter(({ organisation_id }) => organisation_id === organisation.id);
    return own.length === 0 ? [{ organisation }] : own.map((site) => ({ organisation, site }));
  });
  return tableOf('sites', t('organisations.title'), [
    { key: 'organisation', title: t('risk.organisation'), value: ({ organisation }) => organisation.name },
    { key: 'kind', title: t('community.kind'), value: ({ organisation }) => organisation.kind, text: ({ organisation }) => t(`kind.${organisation.kind}`) },
    { key: 'site', title: t('organisations.site'), value: ({ site }) => site?.name },
    { key: 'time_zone', title: t('organisations.time_zone'), value: ({ site }) => site?.time_zone },
    { key: 'country', title: t('organisations.country'), value: ({ site }) => site?.country, text: ({ site }) => (site ? countryName(site.country) : '') },
    { key: 'gateways', title: t('organisations.gateways_title'), value: ({ site }) => (site ? gatewaysOn(site) : 0) },
    { key: 'organisation_id', title: t('export.id'), value: ({ organisation }) => organisation.id },
  ], rows);
}
