// Libraries, frameworks and assessments of the pretend hub: the shipped framework, one with questions of every kind, and one as large as
// the largest public ones. A file that says "broken" is no library, one that says "older" is older than what is there.
import { randomUUID } from 'node:crypto';
import type { AssessmentSummary, Library, LibraryImport } from '../src/api/library-types.ts';
import type { Answer, Assessment, Framework, FrameworkNode, Question } from '../src/api/standing-types.ts';
import { measures, themes } from './content.ts';
import { ASSESSMENT } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const now = () => new Date().toISOString();
const node = (urn: string, rest: Partial<FrameworkNode>): FrameworkNode => ({
  urn: `urn:${urn}`, ref_id: urn, name: '', description: '', annotation: '', typical_evidence: '', assessable: true, parent: null, depth: 1, groups: [], importance: 'recommended', weight: 1, questions: [], ...rest,
});
const question = (urn: string, kind: Question['kind'], text: string, choices: [string, number | null][] = []): Question => ({
  urn: `urn:${urn}`, kind, text, group: null, choices: choices.map(([choice, score], at) => ({ urn: `urn:${urn}:${at}`, text: choice, score })),
});
const framework = (ref_id: string, name: string, nodes: FrameworkNode[], rest: Partial<Framework> = {}): Framework => ({
  ref_id, urn: `urn:framework:${ref_id}`, name, description: '', provider: null, copyright: null, licence: 'open', version: 1, languages: ['en'], shipped: false, measures: nodes.filter(({ assessable }) => assessable).length,
  min_score: 0, max_score: 3, scores: [], groups: [], nodes, ...rest,
});

const own = framework('haubert-port', 'Haubert port framework', [
  ...themes.map(({ id, name }) => node(id, { name: name.en, assessable: false })),
  ...measures.map(({ id, name, theme, importance }) => node(id, { name: name.en, parent: themes.findIndex((one) => one.id === theme), importance, depth: 2, questions: [question(`${id}:q`, 'unique_choice', `${name.en}?`, [['Not started', 0], ['Begun', 1], ['Mostly', 2], ['In place', 3]])] })),
], { shipped: true, provider: 'Haubert', copyright: 'Apache-2.0', languages: ['en', 'fr'], description: 'What a company of a port should have in place.' });

const kinds = framework('kinds', 'Every kind of question', [
  node('A', { name: 'Everything', assessable: false }),
  node('A.1', { name: 'Words and days', assessable: false, parent: 0, depth: 2 }),
  node('A.1.1', { parent: 1, depth: 3, description: 'Describe how backups are made, and when they were last restored.', questions: [question('t', 'text', 'How are backups made?'), question('d', 'date', 'When was the last restore?')], typical_evidence: 'Report of the last restore.' }),
  node('A.1.2', { parent: 1, depth: 3, name: 'Numbers', questions: [question('n', 'number', 'How many administrators are there?'), question('b', 'boolean', 'Does each have a second factor?')] }),
  node('A.2', { name: 'Choices', assessable: false, parent: 0, depth: 2 }),
  node('A.2.1', { parent: 4, depth: 3, name: 'Several at once', questions: [question('m', 'multiple_choice', 'Which of these are logged?', [['Sign-ins', null], ['Changes', null], ['Network', null]])] }),
  node('A.2.2', { parent: 4, depth: 3, name: 'No question at all', description: 'The measure itself is scored.' }),
], { max_score: 5, provider: 'Port community', licence: 'unclear', copyright: 'Ask us before you pass it on.' });

const large = framework('large-catalogue', 'A very large catalogue of controls', Array.from({ length: 5200 }, (_, at) => {
  const family = Math.floor(at / 260);
  const place = at % 260;
  if (place === 0) return node(`F${family + 1}`, { name: `Family ${family + 1}`, assessable: false });
  const isMeasure = place % 7 !== 1;
  return node(`F${family + 1}.${place}`, { name: isMeasure ? '' : `Group ${place}`, description: isMeasure ? `Control ${place} of family ${family + 1}: access, logging and segmentation of the equipment are reviewed, documented and approved at defined intervals by whoever answers for it.` : '', assessable: isMeasure && at % 6 === 0, parent: isMeasure && place > 1 ? family * 260 + Math.floor((place - 1) / 7) * 7 + 1 : family * 260, depth: isMeasure ? 3 : 2 });
}), { provider: 'A standards body', licence: 'restricted', copyright: '© A standards body. Copying without a licence is prohibited.' });

const libraryOf = (one: Framework, entitled_because: string | null): Library => {
  const { nodes: _nodes, groups: _groups, scores: _scores, min_score: _min, max_score: _max, ...summary } = one;
  return { id: randomUUID(), urn: `urn:library:${one.ref_id}`, ref_id: one.ref_id, name: one.name, description: one.description, provider: one.provider, packager: 'intuitem', copyright: one.copyright, licence: one.licence, entitled_because, version: one.version, languages: one.languages, framework: summary, mappings: 0, imported_at: now(), imported_by: 'first.coordinator' };
};

export function libraryRoutes(organisation: string | undefined, user: () => string): [string, RegExp, Handler][] {
  const frameworks = [own, kinds, large];
  let libraries = [libraryOf(kinds, 'Written for this community'), libraryOf(large, 'Licence 4711, bought in 2025')];
  const assessment = (id: string, ref: string, title: string, rest: Partial<Assessment> = {}): Assessment => ({
    id, organisation_id: organisation ?? '', framework: ref, title, kind: 'self', state: 'open', created_at: now(), created_by: 'Bruno Gauthier', profile: { size: 'small', nis2: 'none', ot: true, gateways: true }, groups: [], answers: [], answered: 0, asked: frameworks.find(({ ref_id }) => ref_id === ref)?.measures ?? 0,
    total: { least: 12, most: 88 }, score: { total: { least: 12, most: 88 }, measures: 0, known: 0, themes: [] }, ...rest,
  });
  let assessments = organisation === undefined ? [] : [assessment(ASSESSMENT, 'haubert-port', 'Self-assessment 2026', { answered: 41 }), assessment('00000009-0000-4000-8000-000000000002', 'kinds', 'Every kind 2026'), assessment('00000009-0000-4000-8000-000000000003', 'large-catalogue', 'Large catalogue 2026', { state: 'closed' }), assessment('00000009-0000-4000-8000-000000000004', 'large-catalogue', 'Large catalogue, open')];
  const find = <T extends { id: string }>(all: T[], id: string | undefined): T => {
    const found = all.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return found;
  };
  const summary = ({ answers: _answers, groups: _groups, score, ...rest }: Assessment): AssessmentSummary => ({ ...rest, total: score?.total ?? null });
  return [
    ['GET', /^\/frameworks$/, () => ({ items: frameworks.map(({ nodes: _nodes, groups: _groups, scores: _scores, ...rest }) => rest), next_cursor: null })],
    ['GET', /^\/frameworks\/([^/]+)$/, ({ params }) => frameworks.find(({ ref_id }) => ref_id === params[0]) ?? find([], '')],
    ['GET', /^\/libraries$/, () => ({ items: libraries, next_cursor: null })],
    ['POST', /^\/libraries$/, ({ body, query }): LibraryImport => {
      const text = body['text'] ?? '';
      if (text.includes('broken')) throw new Fault(422, 'not_a_library');
      if (text.includes('older')) throw new Fault(409, 'older_library');
      if (text.includes('same')) throw new Fault(409, 'same_version');
      const made = libraryOf(framework('dropped', 'A library that was dropped here', [node('D.1', { name: 'One' })], { licence: text.includes('open') ? 'open' : 'restricted', copyright: 'All rights reserved.', provider: 'Somebody' }), query.get('entitled_because') || null);
      if (query.get('dry_run') !== 'true') {
        if (made.licence !== 'open' && made.entitled_because === null) throw new Fault(422, 'invalid', [{ field: 'entitled_because', message_code: 'required', message: 'Say why' }]);
        libraries = [...libraries, made];
      }
      return { change: 'new', library: made };
    }],
    ['DELETE', /^\/libraries\/([^/]+)$/, ({ params }) => {
      const { id, framework: held } = find(libraries, params[0]);
      if (assessments.some((one) => one.framework === held?.ref_id)) throw new Fault(409, 'library_in_use');
      libraries = libraries.filter((one) => one.id !== id);
      return null;
    }],
    ['GET', /^\/organisations\/([^/]+)\/assessments$/, ({ params }) => ({ items: assessments.filter(({ organisation_id }) => organisation_id === params[0]).map(summary), next_cursor: null })],
    ['POST', /^\/organisations\/([^/]+)\/assessments$/, ({ params, body }) => {
      const made = assessment(randomUUID(), body['framework'] ?? '', body['title'] ?? '', { organisation_id: params[0] ?? '' });
      assessments = [...assessments, made];
      return summary(made);
    }],
    ['GET', /^\/assessments\/([^/]+)$/, ({ params }) => find(assessments, params[0])],
    ['GET', /^\/assessments\/([^/]+)\/answer$/, ({ params, query }) => ({ items: find(assessments, params[0]).answers.filter(({ subject }) => subject === query.get('subject')), next_cursor: null })],
    ['PUT', /^\/assessments\/([^/]+)\/answer$/, ({ params, body }) => {
      const found = find(assessments, params[0]);
      const given = body as unknown as Answer;
      const answer: Answer = { ...given, revision: given.revision + 1, changed_at: now(), changed_by: user() };
      found.answers = [...found.answers.filter(({ subject }) => subject !== given.subject), answer];
      return answer;
    }],
  ];
}
