// The data path to be taken along: one line for each way in, with its place; a place without any has a line too.
import { tableOf, tenths, tu, type ExportColumn, type ExportTable } from '@haubert/ui';
import type { Criteria, DataPath, EntryPoint, PathPicture, Place, PlaceView } from '../../api/standing-types';
import { t } from '../../i18n';
import { guide } from '../../state/guide.svelte';
import { viewOf } from '../../state/path';

interface Row {
  place: Place;
  /** How it stood when it was saved; nothing for one that has changed since. */
  stood: PlaceView | null;
  entry: EntryPoint | null;
}
type Seen = PlaceView['entries'][number];
const CRITERIA: readonly (keyof Criteria)[] = ['confidentiality', 'integrity', 'availability', 'traceability'];
const EXPOSURES = [1, 2, 3, 4] as const;

const exposureText = (exposure: number | undefined): string => {
  const known = EXPOSURES.find((one) => one === exposure);
  return known ? t(`exposure.${known}`) : '';
};

/** The picture as it is drawn: what is not saved yet is in it, without what the hub says of it. */
export function pathTable(path: DataPath, saved: DataPath, view: PathPicture['view']): ExportTable {
  const names = new Map(path.places.map(({ id, name }) => [id, name]));
  const rows = path.places.flatMap((place): Row[] => {
    const stood = viewOf(place, saved, view.places);
    return place.entries.length === 0 ? [{ place, stood, entry: null }] : place.entries.map((entry) => ({ place, stood, entry }));
  });
  const isWeakest = ({ place, stood }: Row): boolean | null => stood && (place.id === view.weakest && stood.missing > 0);
  const seen = ({ stood, entry }: Row): Seen | undefined => stood?.entries.find((one) => one.entry === entry?.id);
  const sensitivity = CRITERIA.map((criterion): ExportColumn<Row> => ({ key: criterion, title: t(`criterion.${criterion}`), value: ({ place }) => place.sensitivity[criterion] }));
  return tableOf('path', t('path.title'), [
    { key: 'place', title: t('path.export.place_id'), value: ({ place }) => place.id },
    { key: 'place_name', title: t('path.export.place'), value: ({ place }) => place.name },
    { key: 'kind', title: t('path.kind'), value: ({ place }) => place.kind, text: ({ place }) => t(`place_kind.${place.kind}`) },
    { key: 'leads_to', title: t('path.links'), value: ({ place }) => place.next, text: ({ place }) => place.next.map((id) => names.get(id) ?? id).join(', ') },
    ...sensitivity,
    { key: 'place_state', title: t('path.export.place_state'), value: ({ stood }) => stood?.ring, text: ({ stood }) => tu(`ring.${stood?.ring ?? 'unknown'}`) },
    { key: 'is_weakest', title: tu('ring.weakest'), value: isWeakest },
    { key: 'entry', title: t('path.export.entry_id'), value: ({ entry }) => entry?.id },
    { key: 'entry_name', title: t('path.export.entry'), value: ({ entry }) => entry?.name },
    { key: 'way', title: t('path.way'), value: ({ entry }) => entry?.way, text: ({ entry }) => (entry ? t(`way.${entry.way}`) : '') },
    { key: 'exposure', title: t('path.exposure'), value: ({ entry }) => entry?.exposure, text: ({ entry }) => exposureText(entry?.exposure) },
    { key: 'measures', title: t('path.measures'), value: ({ entry }) => entry?.measures, text: ({ entry }) => (entry?.measures ?? []).map((id) => guide.name(id)).join(', ') },
    { key: 'need', title: t('path.export.need'), value: (row) => seen(row)?.need },
    { key: 'missing', title: t('path.export.missing'), value: (row) => tenths(seen(row)?.missing) },
    { key: 'entry_state', title: t('path.export.entry_state'), value: (row) => seen(row)?.ring, text: (row) => (row.entry ? tu(`ring.${seen(row)?.ring ?? 'unknown'}`) : '') },
  ], rows);
}
