import { expect, it } from 'vitest';
import { csvOf, fileName } from './csv';

it('quotes what must be quoted and disarms formulas', () => {
  expect(csvOf([['a;b', 'say "yes"', 3], ['=1+1', 'a,b', -2]], ';')).toBe('\ufeff"a;b";"say ""yes""";3\r\n\'=1+1;a,b;-2\r\n');
});

it('names files after what is in them, in any language', () => {
  expect(fileName(['Port « Sud »', 'plan d’action'], '2026-11-22', 'csv')).toBe('port-sud-plan-d-action-2026-11-22.csv');
});
