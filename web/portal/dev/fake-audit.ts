// Evidence and audits of the pretend hub: files of every kind of state, an audit that is under way, one that is closed and whole, and one
// that was changed after it was closed. A file whose name begins with “macros” is refused, a title that begins with “Conflict” is changed
// by somebody else whenever it is saved.
import { createHash, randomUUID } from 'node:crypto';
import type { AuditClosing, AuditSheet, EvidenceFile, EvidenceVersion, Finding, FindingBody, FindingChange, FindingContent } from '../src/api/audit-types.ts';
import type { AssessmentSummary } from '../src/api/library-types.ts';
import type { Limits } from '../src/api/limit-types.ts';
import type { Answer, Assessment, References } from '../src/api/standing-types.ts';
import { guide, measures, sheets, themes } from './content.ts';
import { tableOf } from './toml.ts';
import { ASSESSMENT, standingOf } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const AUDITS = ['0000000c-0000-4000-8000-000000000001', '0000000c-0000-4000-8000-000000000002', '0000000c-0000-4000-8000-000000000003'];
const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const day = (days: number) => ago(-days).slice(0, 10);
const list = (items: unknown[]) => ({ items, next_cursor: null });
/** As the shipped framework of the pretend libraries has them. */
const urn = (id: string) => `urn:${id}`;
const MINE = `0000000c[^/]*|${ASSESSMENT}`;

const answer = (id: string, score: number, who: string, days: number, comment = ''): Answer => ({
  subject: `${urn(id)}:q`, node: urn(id), choice: `${urn(id)}:q:${score}`, score: null, words: null, not_applicable: null, comment, revision: 1, changed_at: ago(days), changed_by: who,
});

/** `others`: the routes that know assessments that are no audits. */
export function auditRoutes(organisation: string | undefined, user: () => string, others: readonly [string, RegExp, Handler][]): [string, RegExp, Handler][] {
  const stored = standingOf(true).measures;
  const own = stored.flatMap(({ id, declared }) => (declared === null ? [] : [answer(id, Math.round(3 * declared), 'Bruno Gauthier', 30, id.endsWith('02') ? 'Renewed each spring with the insurer.' : '')]));
  const answers = new Map<string, Answer[]>([[ASSESSMENT, own], ...AUDITS.map((id, at): [string, Answer[]] => [id, stored.slice(0, at === 0 ? 9 : stored.length).map((one, number) => answer(one.id, number % 4, 'Nadia Ferrand', 5))])]);
  const summaries: AssessmentSummary[] = organisation === undefined ? [] : [
    ...AUDITS.map((id, at) => ({ id, kind: 'audit' as const, title: ['Audit 2026', 'Audit 2025', 'Audit 2024'][at] ?? '', state: (at === 0 ? 'open' : 'closed') as AssessmentSummary['state'], created_at: ago(10 + 360 * at), created_by: 'Nadia Ferrand' })),
    { id: ASSESSMENT, kind: 'self' as const, title: 'Self-assessment 2026', state: 'open' as const, created_at: ago(60), created_by: 'Bruno Gauthier' },
  ].map((one) => ({ ...one, organisation_id: organisation, framework: 'haubert-port', asked: measures.length, answered: answers.get(one.id)?.length ?? 0, total: { least: 12, most: 88 } }) as AssessmentSummary);
  const summary = (id: string | undefined): AssessmentSummary => {
    const found = summaries.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return { ...found, answered: answers.get(found.id)?.length ?? 0 };
  };

  const version = (number: number, file_name: string, rest: Partial<EvidenceVersion> = {}): EvidenceVersion => ({
    number, file_name, kind: 'pdf', bytes: 184_300 * number, sha256: createHash('sha256').update(file_name + number).digest('hex'), note: '', valid_until: null, is_expired: false, added_at: ago(40 - number), added_by: 'Bruno Gauthier', ...rest,
  });
  const file = (number: number, title: string, on: string[], versions: EvidenceVersion[]): EvidenceFile => ({
    id: `0000000d-0000-4000-8000-${String(number).padStart(12, '0')}`, organisation_id: organisation ?? '', title, revision: 1, links: on.map((measure) => ({ assessment_id: ASSESSMENT, measure })), versions, is_expired: versions.at(-1)?.is_expired ?? false,
    created_at: ago(40), created_by: 'Bruno Gauthier', changed_at: ago(30), changed_by: 'Bruno Gauthier', removed_at: null, removed_by: null,
  });
  const LIMITS: Limits = {
    evidence: { file_bytes: 20 * 1024 * 1024, organisation_bytes: 500 * 1024 * 1024, note_characters: 1000, links: 100, kinds: [{ kind: 'pdf', endings: ['pdf'] }, { kind: 'png', endings: ['png'] }, { kind: 'text', endings: ['txt', 'csv', 'log'] }] },
    label: { reason_characters: 1000 },
  };
  const ids = measures.map(({ id }) => id);
  let files: EvidenceFile[] = [
    file(1, 'Security policy, signed by the management', [ids[0] ?? '', ids[1] ?? ''], [version(1, 'policy-2025.pdf'), version(2, 'policy-2026.pdf', { note: 'Page 3 names who answers for what.', valid_until: day(220) })]),
    file(2, 'Certificate of the insurer', [ids[0] ?? ''], [version(1, 'insurance.pdf', { valid_until: day(-12), is_expired: true })]),
    file(3, 'Photo of the locked cabinet on the north quay', [ids[8] ?? ''], [version(1, 'cabinet.jpg', { kind: 'jpeg', bytes: 3_210_000, valid_until: day(14) })]),
    file(4, 'Export of the firewall’s rules', [], [version(1, 'firewall.txt', { kind: 'text', bytes: 41_220 })]),
  ];
  const evidence = (id: string | undefined): EvidenceFile => {
    const found = files.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return found;
  };
  const received = (query: URLSearchParams, number: number): EvidenceVersion => {
    const name = query.get('file') ?? '';
    if (name.startsWith('macros')) throw new Fault(422, 'invalid', [{ field: 'file', message_code: 'macros', message: 'macros' }]);
    if (name.startsWith('full')) throw new Fault(409, 'evidence_full');
    return version(number, name, { note: query.get('note') ?? '', valid_until: query.get('valid_until'), added_at: ago(0), added_by: user(), bytes: 52_000 });
  };

  const past = new Map<string, FindingChange[]>();
  const findings: Finding[] = [];
  const keep = (finding: Finding) => past.set(finding.id, [...(past.get(finding.id) ?? []), { ...finding }]);
  const found = (audit: string, said: Partial<FindingContent>, by: string, days: number): Finding => {
    const finding: Finding = {
      measure: ids[0] ?? '', grade: 'minor', title: '', seen: '', evidence: [], recommendation: '', due: null, state: 'open', correction: null, verdict: null, ...said,
      id: randomUUID(), assessment_id: audit, is_overdue: (said.due ?? '9') < day(0), revision: 1, created_at: ago(days), created_by: by, changed_at: ago(days), changed_by: by,
    };
    findings.push(finding);
    keep(finding);
    return finding;
  };
  const [first = '', second = '', third = ''] = AUDITS;
  if (organisation !== undefined) {
    found(first, { grade: 'major', title: 'The remote access of the crane’s maker is open to the Internet', seen: 'On 12 November, in the control room, with the head of maintenance: the maker’s box answers on its public address, with the password of its manual.', recommendation: 'Close it today. Open it on call only, through the gateway.', due: day(-3), evidence: [files[3]?.id ?? ''] }, 'Nadia Ferrand', 8);
    const corrected = found(first, { grade: 'minor', title: 'The policy names somebody who has left', seen: 'Page 3 still names the former head of IT.', due: day(40) }, 'Nadia Ferrand', 8);
    Object.assign(corrected, { state: 'corrected', correction: { words: 'The policy was signed anew on Monday; page 3 names Chloé Marchand.', evidence: [files[0]?.id ?? ''], at: ago(2), by: 'Bruno Gauthier' }, revision: 2, changed_at: ago(2), changed_by: 'Bruno Gauthier' });
    keep(corrected);
    found(first, { measure: ids[2] ?? '', grade: 'good_practice', title: 'Crane drivers try the degraded mode each quarter', seen: 'The log of the last four tries is complete.' }, 'Nadia Ferrand', 7);
    found(first, { measure: ids[1] ?? '', grade: 'observation', title: 'Conflict: whoever saves this finds that somebody else has' }, 'Nadia Ferrand', 7);
    found(second, { measure: ids[5] ?? '', grade: 'minor', title: 'No list of the accounts of suppliers', state: 'verified', verdict: { is_accepted: true, words: 'Seen on site.', at: ago(200), by: 'Nadia Ferrand' } }, 'Nadia Ferrand', 370);
    found(third, { measure: ids[5] ?? '', grade: 'observation', title: 'The backup is tried, but nobody writes it down' }, 'Nadia Ferrand', 700);
  }
  const finding = (id: string | undefined): Finding => {
    const one = findings.find((other) => other.id === id);
    if (!one) throw new Fault(404, 'not_found');
    return one;
  };
  const change = (id: string | undefined, seen: number, by: Partial<FindingContent>): Finding => {
    const one = finding(id);
    if (one.title.startsWith('Conflict') && seen === one.revision && !one.recommendation) {
      Object.assign(one, { recommendation: 'Write it down on a sheet that hangs at the door.', revision: one.revision + 1, changed_by: 'Nadia Ferrand', changed_at: ago(0) });
      keep(one);
    }
    if (seen !== one.revision) throw new Fault(409, 'changed_meanwhile');
    Object.assign(one, by, { revision: one.revision + 1, changed_at: ago(0), changed_by: user() });
    keep(one);
    return one;
  };
  const closing = (id: string): AuditClosing => ({
    closed_at: ago(id === second ? 350 : 710), closed_by: 'Nadia Ferrand', statement: JSON.stringify({ audit: id, framework: 'haubert-port' }), signature: `${'q8Zr5v1mXKpT4cN0eYhB7sLw2uFdJ9aG'.repeat(2)}iOoR6xVtCkA==`, public_key: 'vZ5uY0n1mXKpT4cN0eYhB7sLw2uFdJ9aGiOoR6xVtCk=',
    is_whole: id !== third, faults: id === third ? ['answers', 'evidence'] : [],
  });

  const references = tableOf<{ measure: (References & Record<string, never>)[] }>('frameworks/haubert-port.references.toml').measure;
  return [
    ['GET', /^\/limits$/, () => LIMITS],
    // What reports read besides.
    ['GET', /^\/guide\/([^/]+)$/, ({ params }) => {
      const entry = guide.find(({ measure }) => measure === params[0]);
      if (!entry) throw new Fault(404, 'not_found');
      return { ...entry, description: entry.summary, references: references.find(({ id }) => id === entry.measure), sheet: { plant: null, ...sheets.get(entry.measure) } };
    }],
    ['GET', /^\/organisations\/([^/]+)\/path$/, () => ({ path: { places: [] }, view: { places: [], weakest: null }, revision: 0, changed_at: null, changed_by: null })],
    ['GET', /^\/organisations\/([^/]+)\/assessments$/, (call) => {
      const theirs = others.find(([method, pattern]) => method === 'GET' && pattern.test(`/organisations/${call.params[0]}/assessments`))?.[2](call) as { items: AssessmentSummary[] };
      return list([...summaries.filter(({ organisation_id }) => organisation_id === call.params[0]).map(({ id }) => summary(id)), ...theirs.items.filter(({ id }) => id !== ASSESSMENT)]);
    }],
    ['POST', /^\/organisations\/([^/]+)\/audits$/, ({ params, body }) => {
      const made = { ...body, id: `0000000c-${randomUUID().slice(9)}`, organisation_id: params[0], kind: 'audit', state: 'open', created_at: ago(0), created_by: user(), asked: measures.length, answered: 0, total: { least: 0, most: 100 } } as unknown as AssessmentSummary;
      summaries.unshift(made);
      answers.set(made.id, []);
      return made;
    }],
    ['GET', new RegExp(`^/assessments/(${MINE})$`), ({ params }) => ({ ...summary(params[0]), profile: { size: 'small', nis2: 'none', ot: true, gateways: true }, groups: [], score: null, answers: answers.get(params[0] ?? '') ?? [] }) satisfies Assessment],
    ['GET', new RegExp(`^/assessments/(${MINE})/answer$`), ({ params, query }) => list((answers.get(params[0] ?? '') ?? []).filter(({ subject }) => subject === query.get('subject')))],
    ['PUT', new RegExp(`^/(?:assessments|audits)/(${MINE})/answer$`), ({ params, body }) => {
      const all = answers.get(params[0] ?? '') ?? [];
      const before = all.find(({ subject }) => subject === body.subject);
      const next = { ...(body as unknown as Answer), revision: (before?.revision ?? 0) + 1, changed_at: ago(0), changed_by: user() };
      answers.set(params[0] ?? '', [next, ...all.filter((one) => one !== before)]);
      return next;
    }],
    ['GET', /^\/organisations\/([^/]+)\/evidence$/, ({ params }) => list(params[0] === organisation ? files : [])],
    ['POST', /^\/organisations\/([^/]+)\/evidence$/, ({ query }) => {
      const sent = received(query, 1);
      const measure = query.get('measure');
      const added = { ...file(0, query.get('title') ?? sent.file_name, measure === null ? [] : [measure], [sent]), id: randomUUID() };
      files = [added, ...files];
      return added;
    }],
    ['POST', /^\/evidence\/([^/]+)\/versions$/, ({ params, query }) => {
      const one = evidence(params[0]);
      one.versions.push(received(query, one.versions.length + 1));
      one.is_expired = false;
      return one;
    }],
    ['GET', /^\/evidence\/([^/]+)\/versions\/(\d+)$/, ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' });
      response.end('pretended');
      return undefined;
    }],
    ['PUT', /^\/evidence\/([^/]+)$/, ({ params, body }) => Object.assign(evidence(params[0]), body, { revision: evidence(params[0]).revision + 1 })],
    ['DELETE', /^\/evidence\/([^/]+)$/, ({ params }) => {
      if (evidence(params[0]) === files.find(({ title }) => title.startsWith('Security policy'))) throw new Fault(409, 'conflict');
      files = files.filter(({ id }) => id !== params[0]);
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/findings$/, ({ params }) => list(params[0] === organisation ? findings : [])],
    ['GET', /^\/audits\/([^/]+)\/sheet$/, ({ params }) => {
      const { measures: standing } = standingOf(true);
      const audit = summary(params[0]);
      const about = findings.filter(({ assessment_id }) => assessment_id === audit.id);
      return {
        audit, own: summary(ASSESSMENT), themes, files, findings: about,
        measures: standing.map((one) => ({
          ...one, urn: urn(one.id), own_answers: own.filter(({ node }) => node === urn(one.id)), audit_answers: (answers.get(audit.id) ?? []).filter(({ node }) => node === urn(one.id)),
          files: files.filter(({ links }) => links.some(({ measure }) => measure === one.id)).map(({ id }) => id), findings: about.filter(({ measure }) => measure === one.id).map(({ id }) => id),
        })),
      } satisfies AuditSheet;
    }],
    ['GET', /^\/audits\/([^/]+)\/closing$/, ({ params }) => closing(summary(params[0]).id)],
    ['POST', /^\/audits\/([^/]+)\/closing$/, ({ params }) => {
      const one = summaries.find(({ id }) => id === params[0]);
      if (one) one.state = 'closed';
      return closing(summary(params[0]).id);
    }],
    ['POST', /^\/audits\/([^/]+)\/findings$/, ({ params, body }) => found(params[0] ?? '', body as unknown as FindingBody, user(), 0)],
    ['GET', /^\/findings\/([^/]+)$/, ({ params }) => ({ ...finding(params[0]), changes: past.get(params[0] ?? '') ?? [] })],
    ['PUT', /^\/findings\/([^/]+)$/, ({ params, body }) => {
      const { revision, ...said } = body as unknown as FindingBody;
      return change(params[0], revision, said);
    }],
    ['PUT', /^\/findings\/([^/]+)\/correction$/, ({ params, body }) => {
      const { revision, ...correction } = body as unknown as { words: string; evidence: string[]; revision: number };
      return change(params[0], revision, { state: 'corrected', correction: { ...correction, at: ago(0), by: user() } });
    }],
    ['PUT', /^\/findings\/([^/]+)\/verdict$/, ({ params, body }) => {
      const { revision, ...verdict } = body as unknown as { is_accepted: boolean; words: string; revision: number };
      return change(params[0], revision, { state: verdict.is_accepted ? 'verified' : 'open', verdict: { ...verdict, at: ago(0), by: user() } });
    }],
  ];
}
