import { describe, expect, it } from 'vitest';
import type { EvidenceFile, EvidenceVersion } from '../api/audit-types';
import type { EvidenceLimits } from '../api/limit-types';
import { acceptOf, measuresOf, mebibytes, refusalOf, roomUsed, siftedFiles, validityOf } from './evidence-files';

const version = (rest: Partial<EvidenceVersion>): EvidenceVersion => ({
  number: 1, file_name: 'plan.pdf', kind: 'pdf', bytes: 100, sha256: 'a', note: '', valid_until: null, is_expired: false, added_at: '', added_by: '', ...rest,
});
const file = (id: string, rest: Partial<EvidenceFile>): EvidenceFile => ({
  id, organisation_id: 'o', title: id, revision: 1, links: [], versions: [version({})], is_expired: false, created_at: '', created_by: '', changed_at: '', changed_by: '', removed_at: null, removed_by: null, ...rest,
});
const link = (measure: string, assessment_id = 's') => ({ assessment_id, measure });

const limits: EvidenceLimits = { file_bytes: 1000, organisation_bytes: 5000, note_characters: 10, links: 2, kinds: [{ kind: 'pdf', endings: ['pdf'] }, { kind: 'jpeg', endings: ['jpg', 'jpeg'] }] };

describe('what may be sent', () => {
  it('is refused by size and by the ending of its name, as the hub says', () => {
    expect(refusalOf({ name: 'plan.PDF', size: 1000 }, limits)).toBeNull();
    expect(refusalOf({ name: 'README', size: 10 }, limits)).toBeNull();
    expect(refusalOf({ name: 'plan.pdf', size: 0 }, limits)).toBe('empty');
    expect(refusalOf({ name: 'plan.pdf', size: 1001 }, limits)).toBe('too_large');
    expect(refusalOf({ name: 'plan.pdf.exe', size: 10 }, limits)).toBe('not_taken');
  });
  it('is left to the hub until it is known what is taken, save what is empty', () => {
    expect(refusalOf({ name: 'plan.exe', size: 10_000 }, null)).toBeNull();
    expect(refusalOf({ name: 'plan.pdf', size: 0 }, null)).toBe('empty');
    expect(acceptOf(null)).toBe('');
  });
  it('is told to a dialog that chooses files, in MiB that are never too many', () => {
    expect(acceptOf(limits)).toBe('.pdf,.jpg,.jpeg');
    expect(mebibytes(20 * 1024 * 1024)).toBe(20);
    expect(mebibytes(2 * 1024 * 1024 - 1)).toBe(1);
  });
});

describe('what is there', () => {
  it('counts the same content once', () => {
    const files = [file('1', { versions: [version({}), version({ number: 2, sha256: 'b', bytes: 50 })] }), file('2', {})];
    expect(roomUsed(files)).toBe(150);
  });
  it('tells how long the newest version counts', () => {
    const until = (valid_until: string) => file('1', { versions: [version({ valid_until: '2020-01-01' }), version({ number: 2, valid_until })] });
    expect(validityOf(until('2026-12-20'), '2026-11-22')).toBe('soon');
    expect(validityOf(until('2027-12-20'), '2026-11-22')).toBe('valid');
    expect(validityOf(file('1', {}), '2026-11-22')).toBe('endless');
    expect(validityOf(file('1', { is_expired: true }), '2026-11-22')).toBe('expired');
  });
  it('is filtered by state and measure', () => {
    const files = [file('1', { links: [link('GOV.1'), link('GOV.1', 'audit'), link('ACC.2')] }), file('2', { is_expired: true })];
    const ids = (...args: [Parameters<typeof siftedFiles>[1], string]) => siftedFiles(files, ...args).map(({ id }) => id);
    expect(ids('all', 'GOV.1')).toEqual(['1']);
    expect(ids('expired', '')).toEqual(['2']);
    expect(ids('loose', '')).toEqual(['2']);
    expect(files.map(measuresOf)).toEqual([['ACC.2', 'GOV.1'], []]);
  });
});
