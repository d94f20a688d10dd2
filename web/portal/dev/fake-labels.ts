// The labels of the pretend hub, one in each state, signed for real with a key of this run. The public codes are AAAA… for the valid one,
// BBBB…, CCCC… and DDDD… for one that ends soon, has ended, is withdrawn; FFFF… is one whose signature does not fit.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { LabelAward, PublicLabel } from '../src/api/plan-types.ts';
import type { Organisation } from '../src/api/types.ts';
import { framed } from '../src/state/statement.ts';
import { labelFile } from './content.ts';
import { standingOf } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const rawKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');

export function labelRoutes(holder: Organisation | undefined, user: () => string): [string, RegExp, Handler][] {
  const gradeOf = (id: string) => labelFile.grade.find((grade) => grade.id === id);
  const award = (letter: string, grade: string, from: number, to: number, rest: Partial<LabelAward> = {}): LabelAward => ({
    id: randomUUID(), code: letter.repeat(16), grade, title: gradeOf(grade)?.title ?? { en: '', fr: '' }, state: 'valid', issued_at: at(from), issued_by: 'first.coordinator', expires_at: at(to), reminder_days: null, withdrawn_because: null,
    url: `https://hub.port-community.example:8443/#/label/${letter.repeat(16)}`, ...rest,
  });
  const awards = holder === undefined ? [] : [
    award('A', 'engaged', -60, 305),
    award('B', 'engaged', -330, 25, { reminder_days: 30 }),
    award('C', 'engaged', -700, -335, { state: 'expired' }),
    award('D', 'on-the-way', -200, 165, { state: 'withdrawn', withdrawn_because: 'The proofs of the gateways were those of another site.' }),
  ];
  function seen(code: string | undefined): PublicLabel {
    const found = awards.find((one) => one.code === code) ?? (code === 'F'.repeat(16) ? award('F', 'exemplary', -5, 900) : undefined);
    if (!found) throw new Fault(404, 'not_found');
    const organisation = holder?.name ?? '';
    const statement = JSON.stringify({ label: 'en-route-vers', code, organisation, grade: found.grade, issued_at: found.issued_at, expires_at: found.expires_at });
    const signed = code?.startsWith('F') ? `${statement} ` : statement;
    const { title, grade, state, issued_at, expires_at } = found;
    return { code: found.code, organisation, label: labelFile.title, grade, title, says: gradeOf(grade)?.says ?? title, state, issued_at, expires_at, withdrawn_at: state === 'withdrawn' ? new Date().toISOString() : null, statement, signature: sign(null, framed(signed), privateKey).toString('base64'), public_key: rawKey };
  }
  return [
    ['GET', /^\/organisations\/([^/]+)\/labels$/, ({ params }) => ({ items: params[0] === holder?.id ? awards : [], next_cursor: null })],
    ['POST', /^\/organisations\/([^/]+)\/labels$/, ({ body }) => {
      const { reached, grades } = standingOf(true).label;
      const rank = (id: string | null | undefined) => grades.findIndex((grade) => grade.id === id);
      if (rank(body.grade) > rank(reached)) throw new Fault(409, 'grade_not_reached');
      const made = award('G', body.grade ?? '', 0, 365, { issued_by: user() });
      awards.unshift(made);
      return made;
    }],
    ['POST', /^\/labels\/([^/]+)\/withdrawal$/, ({ params, body }) => {
      const found = awards.find(({ id, state }) => id === params[0] && state !== 'withdrawn');
      if (!found) throw new Fault(404, 'not_found');
      Object.assign(found, { state: 'withdrawn', reminder_days: null, withdrawn_because: body.reason });
      return null;
    }],
    ['GET', /^\/label\/([^/]+)$/, ({ params }) => seen(params[0])],
    ['GET', /^\/label\/([^/]+)\/badge$/, ({ params, query, response }) => {
      const { title, label, organisation, state } = seen(params[0]);
      const lang = query.get('lang') === 'fr' ? 'fr' : 'en';
      const text = (y: number, size: number, words: string) => `<text x="13" y="${y}" font-size="${size}">${words.replaceAll('&', '&amp;')}</text>`;
      response.writeHead(200, { 'content-type': 'image/svg+xml' });
      response.end(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 340 132" width="340" height="132"><rect width="340" height="132" rx="10" fill="#fff" stroke="#c9d1d3"/><circle cx="26" cy="30" r="13" fill="none" stroke="#0b6e6e" stroke-width="4"/><g font-family="system-ui, sans-serif" fill="#16272b">${text(70, 20, title[lang])}${text(89, 12, label[lang])}${text(106, 13, organisation)}${text(122, 11, state)}</g></svg>`);
      return undefined;
    }],
  ];
}
