import { describe, expect, it } from 'vitest';
import type { LabelAward } from '../api/plan-types';
import type { Grade, MeasureStanding, Standing } from '../api/standing-types';
import { awardState, beginWith, codeOf, ending, figures, givable, missingFor, tidyCode } from './label';

const words = { en: '', fr: '' };
const grade = (id: string, shortfalls: Grade['shortfalls'] = []): Grade => ({ id, title: words, says: words, audit: false, months: 12, track: 'declared', shortfalls });

describe('the label', () => {
  it('ends soon when its holder is to be reminded', () => {
    const award = (state: LabelAward['state'], reminder_days: number | null) => awardState({ state, reminder_days } as LabelAward);
    expect([award('valid', null), award('valid', 60), award('expired', null), award('withdrawn', null)]).toEqual(['valid', 'soon', 'expired', 'withdrawn']);
  });

  it('reminds of the label after which none goes on', () => {
    const award = (id: string, expires_at: string, state: LabelAward['state'] = 'valid') => ({ id, expires_at, state, reminder_days: state === 'valid' && expires_at < '2027' ? 30 : null }) as LabelAward;
    const ends = (...awards: LabelAward[]) => ending(awards).map(({ id }) => id);
    expect(ends(award('a', '2026-12-10'), award('b', '2025-12-10', 'expired'))).toEqual(['a']);
    expect(ends(award('a', '2026-12-10'), award('b', '2027-12-10'))).toEqual([]);
    expect(ends(award('a', '2026-12-10'), award('b', '2027-12-10', 'withdrawn'))).toEqual(['a']);
  });

  it('can be given up to the grade reached', () => {
    const grades = [grade('engaged'), grade('on-the-way'), grade('confirmed')];
    const label = (reached: string | null): Standing['label'] => ({ reached, grades, open_majors: 0 });
    expect(givable(label(null))).toEqual([]);
    expect(givable(label('on-the-way')).map(({ id }) => id)).toEqual(['engaged', 'on-the-way']);
  });

  it('says what is missing under its theme', () => {
    const missing = missingFor(
      grade('on-the-way', [
        { kind: 'score', is: 20, asked: 35 },
        { kind: 'theme', theme: 'backup', is: 10, asked: 20 },
        { kind: 'mandatory', theme: 'access', is: 12, asked: 40 },
        { kind: 'mandatory', theme: 'backup', is: 15, asked: 40 },
      ]),
      [{ id: 'access' }, { id: 'network' }, { id: 'backup' }],
    );
    expect(missing.whole).toEqual([{ kind: 'score', is: 20, asked: 35 }]);
    expect(missing.themes).toEqual([
      { theme: 'access', gaps: [{ kind: 'mandatory', is: 12, asked: 40 }] },
      { theme: 'backup', gaps: [{ kind: 'theme', is: 10, asked: 20 }, { kind: 'mandatory', is: 15, asked: 40 }] },
    ]);
    expect(figures({ is: 39.6, asked: 40 })).toEqual({ is: 39, asked: 40, n: 1 });
  });

  it('begins with what is indispensable and stands worst', () => {
    const measure = (id: string, importance: MeasureStanding['importance'], ring: MeasureStanding['ring'], theme = 'access') => ({ id, importance, ring, theme, is_applicable: true }) as MeasureStanding;
    const all = [measure('a', 'recommended', 'fails'), measure('b', 'mandatory', 'weak'), measure('c', 'mandatory', 'fails'), measure('d', 'mandatory', 'holds'), measure('e', 'mandatory', 'fails', 'network')];
    expect(beginWith(all, 'access', 'declared', 3).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect(beginWith(all, 'access', 'declared', 1)).toHaveLength(1);
    // What lacks its proof alone comes first where proofs count.
    expect(beginWith([...all, measure('f', 'mandatory', 'declared')], 'access', 'evidenced', 3).map(({ id }) => id)).toEqual(['f', 'c', 'b']);
  });

  it('reads the code of an address, however it was written down', () => {
    expect(codeOf('#/label/ABCDEFGH23456789')).toBe('ABCDEFGH23456789');
    expect(codeOf('#/label/')).toBe('');
    expect(codeOf('#/label')).toBe('');
    expect(codeOf('#/invitation/abc')).toBeNull();
    expect(codeOf('#main')).toBeNull();
    expect(tidyCode(' abcd-efgh 2345 6789 ')).toBe('ABCDEFGH23456789');
    expect(tidyCode('https://hub.example/#/label/abcdefgh23456789')).toBe('ABCDEFGH23456789');
  });
});
