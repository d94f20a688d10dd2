// The picture of a data path, changed step by step. Every change gives a new picture and leaves the old one as it was, so that it can
// be taken back.
import type { DataPath, EntryPoint, PathPicture, Place, PlaceKind, PlaceView } from '../api/standing-types';

/** Most that the hub takes. */
export const MAX_PLACES = 200;
export const MAX_ENTRIES = 40;

/** As the hub gives it; it writes every list, though its description does not promise so. */
export const pictureOf = ({ path }: PathPicture): DataPath => ({
  places: path.places.map((place) => ({
    ...place,
    next: place.next ?? [],
    entries: (place.entries ?? []).map((entry) => ({ ...entry, measures: entry.measures ?? [] })),
  })),
});

/** The first of `stem-1`, `stem-2`… that is free. */
export function freeId(stem: string, taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

const at = (path: DataPath, id: string): number => path.places.findIndex((place) => place.id === id);

/** Whether every place leads to the next one and to no other. */
export const isRow = ({ places }: DataPath): boolean => places.every(({ next }, index) => next.join() === (places[index + 1]?.id ?? ''));
const asRow = (places: readonly Place[]): Place[] => places.map((place, index) => ({ ...place, next: places[index + 1] ? [places[index + 1]?.id ?? ''] : [] }));

const MIDDLE = { confidentiality: 2, integrity: 2, availability: 2, traceability: 1 };

/** A new place after another one (or at the beginning), in the middle of what led from there. */
export function withPlace(path: DataPath, name: string, kind: PlaceKind, after: string | null): DataPath {
  const id = freeId(kind, path.places.map((place) => place.id));
  const before = path.places.find((place) => place.id === after);
  const first = path.places[0];
  const next = before ? before.next : first ? [first.id] : [];
  const sensitivity = { ...(before ?? first)?.sensitivity ?? MIDDLE };
  const places = path.places.map((place) => (place.id === after ? { ...place, next: [id] } : place));
  places.splice(before ? at(path, before.id) + 1 : 0, 0, { id, name, kind, sensitivity, entries: [], next });
  return { places };
}

/** Without a place: what led to it leads on to where it led. */
export function withoutPlace(path: DataPath, id: string): DataPath {
  const gone = path.places.find((place) => place.id === id);
  const on = (place: Place) => [...new Set(place.next.flatMap((next) => (next === id ? (gone?.next ?? []) : [next])))].filter((next) => next !== place.id);
  return { places: path.places.filter((place) => place.id !== id).map((place) => ({ ...place, next: on(place) })) };
}

/** A place further left (−1) or right (1). A row stays a row; other links stay as they are. */
export function moved(path: DataPath, id: string, by: -1 | 1): DataPath {
  const from = at(path, id);
  const to = from + by;
  const place = path.places[from];
  if (!place || to < 0 || to >= path.places.length) return path;
  const places = path.places.filter((one) => one !== place);
  places.splice(to, 0, place);
  return { places: isRow(path) ? asRow(places) : places };
}

export const changed = (path: DataPath, id: string, change: Partial<Omit<Place, 'id'>>): DataPath => ({
  places: path.places.map((place) => (place.id === id ? { ...place, ...change } : place)),
});

export function linked(path: DataPath, id: string, to: string): DataPath {
  const next = path.places.find((place) => place.id === id)?.next ?? [];
  return changed(path, id, { next: next.includes(to) ? next.filter((one) => one !== to) : [...next, to] });
}

const entriesOf = (path: DataPath, id: string): EntryPoint[] => path.places.find((place) => place.id === id)?.entries ?? [];

export function withEntry(path: DataPath, id: string, name: string): { path: DataPath; entry: string } {
  const entries = entriesOf(path, id);
  const entry = freeId('entry', entries.map((one) => one.id));
  return { path: changed(path, id, { entries: [...entries, { id: entry, name, way: 'wired', exposure: 2, measures: [] }] }), entry };
}

export const withoutEntry = (path: DataPath, id: string, entry: string): DataPath => changed(path, id, { entries: entriesOf(path, id).filter((one) => one.id !== entry) });

export const changedEntry = (path: DataPath, id: string, entry: string, change: Partial<Omit<EntryPoint, 'id'>>): DataPath =>
  changed(path, id, { entries: entriesOf(path, id).map((one) => (one.id === entry ? { ...one, ...change } : one)) });

/** Links that are not from one place to the one right of it: drawn as arcs. */
export const arcs = ({ places }: DataPath): { from: number; to: number }[] =>
  places.flatMap(({ next }, from) => next.map((id) => ({ from, to: places.findIndex((place) => place.id === id) })).filter(({ to }) => to >= 0 && to !== from + 1));

/** How a place stood when the picture was saved last: nothing for one that has changed since in what decides its ring. */
export function viewOf(place: Place, saved: DataPath, views: readonly PlaceView[]): PlaceView | null {
  const then = saved.places.find((one) => one.id === place.id);
  const weighs = (one: Place) => JSON.stringify([one.sensitivity, one.entries.map(({ id, exposure, measures }) => [id, exposure, measures])]);
  return then && weighs(then) === weighs(place) ? (views.find((view) => view.place === place.id) ?? null) : null;
}

export interface Weakest {
  place: Place;
  entry: EntryPoint;
  need: number;
  missing: number;
}

/** The way in that makes the weakest ring weak; nothing where no protection is missing. */
export function weakestOf(saved: DataPath, view: PathPicture['view']): Weakest | null {
  const place = saved.places.find(({ id }) => id === view.weakest);
  const entries = view.places.find((one) => one.place === view.weakest)?.entries ?? [];
  const worst = [...entries].sort((a, b) => b.missing - a.missing)[0];
  const entry = place?.entries.find(({ id }) => id === worst?.entry);
  return place && entry && worst && worst.missing > 0 ? { place, entry, need: worst.need, missing: worst.missing } : null;
}
