import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import type { Grade, Standing } from '../../api/standing-types';
import { gradesTable } from './export';

const words = (text: string) => ({ en: text, fr: text });
const grade = (id: string, change: Partial<Grade>): Grade => ({ id, title: words(id), says: words(''), audit: false, months: 12, track: 'declared', shortfalls: [], ...change });
const standing: Pick<Standing, 'label' | 'audited' | 'themes'> = {
  audited: null,
  themes: [{ id: 'POL', name: words('Policy') }],
  label: {
    open_majors: 0,
    reached: 'one',
    grades: [
      grade('one', {}),
      grade('two', { track: 'evidenced', shortfalls: [{ kind: 'score', is: 39.64, asked: 60 }, { kind: 'theme', theme: 'POL', is: 10, asked: 30 }] }),
      grade('three', { track: 'audited', audit: true, shortfalls: [{ kind: 'score', is: 0, asked: 75 }] }),
    ],
  },
};
const rows = (given = standing) => JSON.parse(jsonOf([gradesTable(given)])) as Record<string, unknown>[];

it('tells what each grade lacks, and that the one reached lacks nothing', () => {
  expect(rows().slice(0, 3)).toEqual([
    { grade: 'one', track: 'declared', is_reached: true, missing: null, theme: null, is: null, asked: null },
    { grade: 'two', track: 'evidenced', is_reached: false, missing: 'score', theme: null, is: 39.6, asked: 60 },
    { grade: 'two', track: 'evidenced', is_reached: false, missing: 'theme', theme: 'POL', is: 10, asked: 30 },
  ]);
});

it('names the audit alone as long as nobody has audited', () => {
  expect(rows().slice(3)).toMatchObject([{ grade: 'three', missing: 'audit', is: null }]);
  expect(rows({ ...standing, audited: {} as Standing['audited'] }).slice(3)).toMatchObject([{ grade: 'three', missing: 'score', asked: 75 }]);
});

it('says it in words', () => {
  const { columns, rows: all } = gradesTable(standing);
  const at = columns.findIndex(({ key }) => key === 'missing');
  expect(all.map((row) => row[at]?.shown)).toEqual(['', 'The score must be 60; it is 40.', 'Policy: must be 30, is 10.', 'An audit by somebody from outside.']);
});
