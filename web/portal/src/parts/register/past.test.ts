import { jsonOf } from '@haubert/ui';
import { expect, it } from 'vitest';
import { newBody, type Version } from '../../state/register';
import { riskPastTable } from './past';

const body = newBody('2026-11-22', { title: 'Ransom', owner: 'Ada', revision: 1 });
const version = (at: string, change: Partial<Version['body']>): Version => ({ at, by: 'Ada', body: { ...body, ...change } });
const past = (...versions: Version[]) => JSON.parse(jsonOf([riskPastTable({ id: 'r', title: 'Ransom' }, versions, [], [])])) as Record<string, unknown>[];

it('tells what stood there before and after, by field', () => {
  const treatment = { ...body.treatment, way: 'share' as const, words: 'The insurer', likelihood: 1 };
  const told = past(version('2026-11-23T08:00:00.000Z', { treatment, revision: 2 }), version('2026-11-22T08:00:00.000Z', {})).filter(({ step }) => step === 'changed');
  expect(told.map(({ field, before, after }) => [field, before, after])).toEqual([
    ['way', 'undecided', 'share'],
    ['words', '', 'The insurer'],
    ['left', ['G2', 'V2'], ['G2', 'V1']],
  ]);
  expect(told[0]).toMatchObject({ about: 'r', changed_at: '2026-11-23T08:00:00.000Z', changed_by: 'Ada', revision: 2 });
});

it('gives in full what was entered at first, without what was left empty', () => {
  const fields = past(version('2026-11-22T08:00:00.000Z', {})).map(({ field }) => field);
  expect(fields).toEqual(['title', 'owner', 'gravity', 'likelihood', 'way', 'left', 'review_months', 'reviewed_on', 'state']);
});
