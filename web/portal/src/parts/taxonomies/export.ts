// A list as a table for a spreadsheet, in both languages: whoever maps it to another needs both.
import { t } from '../../i18n';
import { saveCsv } from '../../state/csv';
import type { ListName, Term } from '../../state/taxonomies';

const head = ['id', 'title_en', 'title_fr', 'group_id', 'group_en', 'group_fr', 'text_en', 'text_fr', 'misp'];

export function saveTerms(list: ListName, terms: readonly Term[]): void {
  const rows = terms.map(({ id, title, group, text, misp }) => [
    id, title.en, title.fr, group?.id ?? '', group?.title.en ?? '', group?.title.fr ?? '', text?.en ?? '', text?.fr ?? '', misp ?? '',
  ]);
  saveCsv([head, ...rows], 'haubert', t(`taxonomies.${list}`));
}
