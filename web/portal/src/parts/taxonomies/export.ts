// A list to be taken along, in both languages: whoever maps it to another needs both.
import { tableOf, type ExportColumn, type ExportTable } from '@haubert/ui';
import { t } from '../../i18n';
import type { ListName, Term } from '../../state/taxonomies';

const column = (key: string, value: ExportColumn<Term>['value']): ExportColumn<Term> => ({ key, title: key, value });

export const termsTable = (list: ListName, terms: readonly Term[]): ExportTable =>
  tableOf(list, t(`taxonomies.${list}`), [
    column('id', ({ id }) => id),
    column('title_en', ({ title }) => title.en),
    column('title_fr', ({ title }) => title.fr),
    column('group_id', ({ group }) => group?.id),
    column('group_en', ({ group }) => group?.title.en),
    column('group_fr', ({ group }) => group?.title.fr),
    column('text_en', ({ text }) => text?.en),
    column('text_fr', ({ text }) => text?.fr),
    column('misp', ({ misp }) => misp),
  ], terms);
