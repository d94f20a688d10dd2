/** What a report must say of itself: which rows are not wholly known. Only time that has passed counts. */
import type { Consumption } from '../../api/types.js';

export interface Gap {
  key: string;
  kind: 'unknown' | 'gap' | 'estimated';
  /** Of the time that has passed, without close readings. */
  share: number;
}
/** As the roll-up: a hundredth may be unknown without a remark. */
const WORTH_TELLING = 0.01;

export function gapsOf(answer: Pick<Consumption, 'buckets' | 'rows'>, now: number): Gap[] {
  return answer.rows.flatMap((row): Gap[] => {
    let passed = 0;
    let covered = 0;
    let estimated = false;
    answer.buckets.forEach(({ start, end }, at) => {
      const [from, to] = [Date.parse(start), Date.parse(end)];
      const part = Math.min(to, now) - from;
      if (part <= 0) return;
      passed += part;
      covered += Math.min(part, (row.coverage[at] ?? 0) * (to - from));
      // The stretch that is not over is never wholly covered.
      estimated ||= to <= now && row.values[at] !== null && row.quality[at] === 'uncertain';
    });
    if (passed === 0) return [];
    const share = 1 - covered / passed;
    if (row.total === null) return [{ key: row.key, kind: 'unknown', share: 1 }];
    if (share > WORTH_TELLING) return [{ key: row.key, kind: 'gap', share }];
    return estimated ? [{ key: row.key, kind: 'estimated', share }] : [];
  });
}
