import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import { unzonedTable } from './export';

it('gives every asset that is in no zone, as the notice orders them', () => {
  const without = Array.from({ length: 12 }, (_, at) => ({ id: `a${at}`, name: `Meter ${at}`, criticality: 4 - Math.floor(at / 4) }));
  const rows = JSON.parse(jsonOf([unzonedTable({ without })])) as unknown[];
  expect(rows).toHaveLength(12);
  expect(rows[0]).toEqual({ name: 'Meter 0', criticality: 4, id: 'a0' });
});
