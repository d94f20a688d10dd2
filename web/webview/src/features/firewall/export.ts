/** Who calls and who is blocked, to be taken along. */
import { tableOf, type ExportTable } from '@haubert/ui';
import type { FirewallBlock, FirewallSource } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { sourceStanding } from './firewall.js';

export const blocksTable = (shown: readonly FirewallBlock[]): ExportTable =>
  tableOf('blocks', t('firewall.blocks'), [
    { key: 'source', title: t('firewall.source'), value: ({ source }) => source },
    { key: 'cause', title: t('firewall.cause'), value: ({ cause }) => cause, text: ({ cause }) => t(`firewall.cause.${cause}`) },
    { key: 'transport', title: t('firewall.traffic'), value: ({ transport }) => transport, text: ({ transport }) => transport?.toUpperCase() ?? t('firewall.all_traffic') },
    { key: 'since', title: t('firewall.since'), value: ({ since }) => since, kind: 'time' },
    { key: 'until', title: t('firewall.until'), value: ({ until }) => until, kind: 'time' },
  ], shown);

export const sourcesTable = (shown: readonly FirewallSource[]): ExportTable =>
  tableOf('sources', t('firewall.sources'), [
    { key: 'source', title: t('firewall.source'), value: ({ source }) => source },
    { key: 'state', title: t('firewall.source_state'), value: sourceStanding, text: (source) => t(`firewall.state_${sourceStanding(source)}`) },
    { key: 'transport', title: t('firewall.traffic'), value: ({ transport }) => transport, text: ({ transport }) => transport.toUpperCase() },
    { key: 'connections', title: t('firewall.connections_now'), value: ({ connections }) => connections },
    { key: 'requests_per_second', title: t('firewall.rate'), value: ({ requests_per_second }) => requests_per_second },
    { key: 'requests', title: t('firewall.requests'), value: ({ requests }) => requests },
    { key: 'bytes_in', title: `${t('firewall.received')} (B)`, value: ({ bytes_in }) => bytes_in },
    { key: 'bytes_out', title: `${t('firewall.sent')} (B)`, value: ({ bytes_out }) => bytes_out },
    { key: 'refused', title: t('firewall.refused'), value: ({ refused }) => refused },
    { key: 'last_at', title: t('firewall.last'), value: ({ last_at }) => last_at, kind: 'time' },
  ], shown);
