import { expect, it } from 'vitest';
import { csvOf } from './csv.js';
import { fileName } from './save.js';
import { sample } from './sample.js';
import { tableOf } from './table.js';

it('quotes what must be quoted and disarms formulas', () => {
  const table = tableOf('pairs', 'Pairs', [
    { key: 'a', title: 'A;B', value: ([a]: readonly [string, number]) => a },
    { key: 'b', title: 'say "yes"', value: ([, b]: readonly [string, number]) => b },
  ], [['=1+1', -2], ['\tx', 3]]);
  expect(csvOf([table], ';')).toBe('\ufeff"A;B";"say ""yes"""\r\n\'=1+1;-2\r\n\'\tx;3\r\n');
});

it('writes words, numbers, days and instants as people read them', () => {
  expect(csvOf([sample()], ',', 'Europe/Paris')).toBe(
    '\ufeffAction,State,Cost,Due,Changed (Europe/Paris),Late,Measures\r\n'
    + '\'=SUM(A1),Under way,1500.5,2026-11-22,2026-11-22 09:05:00,yes,"m1, m2"\r\n'
    + 'Lock & key,To do,,,,no,\r\n',
  );
});

it('lays several tables one below the other, each under its title', () => {
  expect(csvOf([tableOf('a', 'First', [{ key: 'x', title: 'X', value: (x: number) => x }], [1]), tableOf('b', 'Second', [{ key: 'y', title: 'Y', value: (y: number) => y }], [2])], ',')).toBe('\ufeffFirst\r\nX\r\n1\r\n\r\nSecond\r\nY\r\n2\r\n');
});

it('names files after what is in them, in any language', () => {
  expect(fileName(['Port « Sud »', 'plan d’action'], '2026-11-22', 'csv')).toBe('port-sud-plan-d-action-2026-11-22.csv');
});
