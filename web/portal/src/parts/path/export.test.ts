import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { DataPath, PathPicture } from '../../api/standing-types';
import { pathTable } from './export';

const sensitivity = { confidentiality: 1, integrity: 3, availability: 2, traceability: 0 };
const path: DataPath = {
  places: [
    { id: 'meters', name: 'Meters', kind: 'device', sensitivity, next: ['gate'], entries: [{ id: 'screws', name: 'Terminals', way: 'physical', exposure: 2, measures: ['ORG-13'] }] },
    { id: 'gate', name: 'Gateway', kind: 'edge', sensitivity, next: [], entries: [] },
  ],
};
const view: PathPicture['view'] = { weakest: 'meters', places: [{ place: 'meters', ring: 'weak', missing: 4.26, entries: [{ entry: 'screws', ring: 'weak', need: 6, missing: 4.26 }] }, { place: 'gate', ring: 'unknown', missing: 0, entries: [] }] };
const rows = (drawn = path) => JSON.parse(jsonOf([pathTable(drawn, path, view)])) as Record<string, unknown>[];

it('gives each way in a line with its place, and a place without any a line too', () => {
  expect(rows()).toEqual([
    {
      place: 'meters', place_name: 'Meters', kind: 'device', leads_to: ['gate'], ...sensitivity, place_state: 'weak', is_weakest: true,
      entry: 'screws', entry_name: 'Terminals', way: 'physical', exposure: 2, measures: ['ORG-13'], need: 6, missing: 4.3, entry_state: 'weak',
    },
    {
      place: 'gate', place_name: 'Gateway', kind: 'edge', leads_to: [], ...sensitivity, place_state: 'unknown', is_weakest: false,
      entry: null, entry_name: null, way: null, exposure: null, measures: null, need: null, missing: null, entry_state: null,
    },
  ]);
});

it('says nothing of how a place stands that has changed since it was saved', () => {
  const places = path.places.map((place) => ({ ...place, sensitivity: { ...sensitivity, integrity: 4 } }));
  expect(rows({ places })).toMatchObject([{ integrity: 4, place_state: null, is_weakest: null, need: null, entry_state: null }, { is_weakest: null }]);
});

it('names for people where a place leads', () => {
  const { columns, rows: all } = pathTable(path, path, view);
  expect(all[0]?.[columns.findIndex(({ key }) => key === 'leads_to')]?.shown).toBe('Gateway');
});
