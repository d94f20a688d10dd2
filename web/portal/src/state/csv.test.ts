import { expect, it } from 'vitest';
import { csvOf } from './csv';

it('quotes what must be quoted and disarms formulas', () => {
  expect(csvOf([['a;b', 'say "yes"', 3], ['=1+1', 'a,b', -2]], ';')).toBe('\ufeff"a;b";"say ""yes""";3\r\n\'=1+1;a,b;-2\r\n');
});
