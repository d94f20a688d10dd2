import { strFromU8, unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { sample } from './sample.js';
import { tableOf } from './table.js';
import { sheetNames, xlsxOf } from './xlsx.js';

const read = (bytes: Uint8Array): Record<string, string> => Object.fromEntries(Object.entries(unzipSync(bytes)).map(([name, content]) => [name, strFromU8(content)]));
/** Every cell of the first sheet: its kind, its style, and what it holds. */
function cells(bytes: Uint8Array): Record<string, [kind: string, style: string, content: string]> {
  const found = read(bytes)['xl/worksheets/sheet1.xml']?.matchAll(/<c r="(\w+)"(?: t="(\w+)")?(?: s="(\d)")?>(.*?)<\/c>/gs) ?? [];
  return Object.fromEntries([...found].map(([, place, kind = 'n', style = '0', content = '']) => [place, [kind, style, content.replace(/<[^>]+>/g, '')]]));
}

it('holds numbers as numbers, days and instants as dates, and text as text', () => {
  const found = cells(xlsxOf([sample()], 'Europe/Paris'));
  expect(found).toMatchObject({
    A1: ['inlineStr', '1', 'Action'],
    E1: ['inlineStr', '1', 'Changed (Europe/Paris)'],
    B2: ['inlineStr', '4', 'Under way'],
    C2: ['n', '0', '1500.5'],
    // 22 November 2026 is day 46,348 of spreadsheets.
    D2: ['n', '2', '46348'],
    F2: ['inlineStr', '4', 'yes'],
    A3: ['inlineStr', '4', 'Lock &amp; key'],
  });
  expect(Number(found['E2']?.[2])).toBeCloseTo(46_348 + (9 * 60 + 5) / 1440, 8);
  expect(found['C3']).toBeUndefined();
});

it('never writes a formula', () => {
  const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'];
  const bytes = xlsxOf([tableOf('a', 'A', [{ key: 'x', title: '=X', value: (x: string) => x }], hostile)]);
  expect(read(bytes)['xl/worksheets/sheet1.xml']).not.toMatch(/<f[ >]/);
  const found = cells(bytes);
  for (const at of hostile.keys()) expect(found[`A${at + 2}`]?.slice(0, 2)).toEqual(['inlineStr', '5']);
});

it('leaves out what XML cannot hold and stays within what a cell can', () => {
  const found = cells(xlsxOf([tableOf('a', 'A', [{ key: 'x', title: 'X', value: (x: string) => x }], ['a\u0000b\u001f\ud800<c>', 'y'.repeat(40_000)])]));
  expect(found['A2']?.[2]).toBe('ab&lt;c&gt;');
  expect(found['A3']?.[2]).toHaveLength(32_767);
});

it('gives each table a sheet of its own, under a name that spreadsheets take', () => {
  const files = read(xlsxOf([sample(), { ...sample(), title: 'plan: ACTIONS' }]));
  expect(files['xl/workbook.xml']).toContain('<sheet name="Plan actions" sheetId="1" r:id="rId1"/><sheet name="plan ACTIONS 2" sheetId="2" r:id="rId2"/>');
  expect(Object.keys(files)).toContain('xl/worksheets/sheet2.xml');
  expect(sheetNames(['', 'x'.repeat(40), "[a]/b'"])).toEqual(['1', 'x'.repeat(28), 'a b']);
});

it('reaches past the letter Z', () => {
  const columns = Array.from({ length: 28 }, (_, at) => ({ key: `k${at}`, title: `T${at}`, value: (row: number) => row + at }));
  expect(cells(xlsxOf([tableOf('a', 'A', columns, [0])]))['AB2']).toEqual(['n', '0', '27']);
});
