// What is on the shelves, and what one framework asks, to be taken along.
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Framework, FrameworkNode } from '../../api/standing-types';
import { t } from '../../i18n';
import type { Shelf } from '../../state/libraries';
import { above, nodeTitle } from '../../state/outline';

export const shelvesTable = (shown: readonly Shelf[], originOf: (one: Shelf) => string): ExportTable =>
  tableOf('libraries', t('libraries.title'), [
    { key: 'name', title: t('libraries.name'), value: ({ name }) => name },
    { key: 'framework', title: t('framework.ref'), value: ({ framework }) => framework },
    { key: 'provider', title: t('libraries.provider'), value: ({ provider }) => provider },
    { key: 'licence', title: t('libraries.licence'), value: ({ licence }) => licence, text: ({ licence }) => t(`licence.${licence}`) },
    { key: 'copyright', title: t('libraries.copyright'), value: ({ copyright }) => copyright },
    { key: 'entitled_because', title: t('libraries.because_head'), value: ({ library }) => library?.entitled_because },
    { key: 'version', title: t('libraries.version'), value: ({ version }) => version },
    { key: 'languages', title: t('libraries.languages'), value: ({ languages }) => languages },
    { key: 'measures', title: t('libraries.measures'), value: ({ measures }) => measures },
    { key: 'origin', title: t('libraries.origin'), value: ({ library }) => (library ? 'imported' : 'shipped'), text: originOf },
    { key: 'imported_at', title: t('libraries.imported_on'), value: ({ library }) => library?.imported_at, kind: 'time' },
  ], shown);

export const nodesTable = ({ nodes, ref_id }: Framework, shown: readonly FrameworkNode[]): ExportTable =>
  tableOf('framework', ref_id, [
    { key: 'ref_id', title: t('framework.ref'), value: (node) => node.ref_id },
    { key: 'where', title: t('framework.where'), value: (node) => above(nodes, node), text: (node) => above(nodes, node).join(' › ') },
    { key: 'title', title: t('libraries.name'), value: nodeTitle },
    { key: 'text', title: t('framework.text'), value: ({ description }) => description },
    { key: 'questions', title: t('framework.questions'), value: ({ questions }) => questions.map(({ text }) => text), text: ({ questions }) => questions.map(({ text }) => text).join('\n') },
  ], shown.filter(({ assessable }) => assessable));
