// The pretend organisation's reports: every kind of block, in both languages, about as long as real ones.
import { READERS, type Report, type ReportBlock, type ReportCell, type ReportReader } from '../src/api/report-types.ts';
import { standingOf } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const cell = (text: string, state: ReportCell['state'] = null): ReportCell => ({ text, state });

function blocksOf(reader: ReportReader, fr: boolean): ReportBlock[] {
  const { measures, themes } = standingOf(true);
  const w = (en: string, french: string) => (fr ? french : en);
  const say = (words: { en: string; fr: string }) => words[fr ? 'fr' : 'en'];
  const heading = (en: string, french: string): ReportBlock => ({ kind: 'heading', text: w(en, french) });
  if (reader === 'management') {
    return [
      heading('Resilience score', 'Score de résilience'),
      {
        kind: 'figures',
        items: [
          { label: w('Declared', 'Déclaré'), value: '54', note: w('between 54 and 71 of 100\n38 of 46 measures known', 'entre 54 et 71 sur 100\n38 mesures connues sur 46'), least: 54.2, most: 71 },
          { label: w('Proven', 'Prouvé'), value: '31', note: w('between 31 and 71 of 100', 'entre 31 et 71 sur 100'), least: 31, most: 71 },
          { label: w('Audited', 'Audité'), value: '–', note: w('not audited', 'pas d’audit'), least: null, most: null },
        ],
      },
      { kind: 'text', text: w('What is not known counts as not done: the lower figure is reached, the higher one is possible.', 'Ce qui n’est pas connu compte comme non fait : le chiffre bas est atteint, le chiffre haut est possible.') },
      { kind: 'notice', state: 'fails', text: w('For 2 measures a gateway shows less than is declared.', 'Pour 2 mesures, une passerelle montre moins que ce qui est déclaré.') },
      heading('Theme by theme, as declared', 'Thème par thème, tel que déclaré'),
      { kind: 'bars', items: themes.map(({ name }, at) => ({ label: say(name), least: (at * 37) % 80, most: Math.min(100, ((at * 37) % 80) + 5 * at), weak: at === 0 })) },
      heading('The weakest ring', 'Le maillon le plus faible'),
      { kind: 'notice', state: 'weak', text: w('The weakest ring of the data path is “Network of quay 7”.', 'Le maillon le plus faible du chemin des données est « Réseau du quai 7 ».') },
      heading('Plan of action', 'Plan d’action'),
      { kind: 'figures', items: [[w('Open actions', 'Actions ouvertes'), '12'], [w('Overdue', 'En retard'), '3'], [w('Still to be spent', 'Reste à dépenser'), w('€48,500', '48 500 €')]].map(([label = '', value = '']) => ({ label, value, note: '', least: null, most: null })) },
      heading('Six next steps', 'Les six prochaines étapes'),
      {
        kind: 'table',
        title: '',
        columns: [{ title: w('Measure', 'Mesure'), is_number: false }, { title: w('Points won', 'Points gagnés'), is_number: true }, { title: w('Effort and cost', 'Effort et coût'), is_number: false }],
        rows: measures.slice(0, 6).map(({ id, name }, at) => [cell(`${say(name)} (${id})`), cell(w(`+${6 - at}.2`, `+${6 - at},2`)), cell(w('some weeks, below €5,000', 'quelques semaines, moins de 5 000 €'))]),
        empty: '',
      },
    ];
  }
  if (reader === 'authority') {
    return [
      heading('Risks accepted, by whom and until when', 'Risques acceptés, par qui et jusqu’à quand'),
      { kind: 'table', title: '', columns: [{ title: w('Risk', 'Risque'), is_number: false }], rows: [], empty: w('No risk is accepted.', 'Aucun risque n’est accepté.') },
    ];
  }
  return [
    heading('Audit', 'Audit'),
    { kind: 'notice', state: 'holds', text: w('Signed when it was closed on 3 November 2026; nothing has been changed since.', 'Signé à sa clôture le 3 novembre 2026 ; rien n’a changé depuis.') },
    heading('Measures one by one', 'Mesure par mesure'),
    ...themes.map(({ id, name }): ReportBlock => ({
      kind: 'table',
      title: say(name),
      columns: [w('Measure', 'Mesure'), w('Company', 'Entreprise'), w('Gateways', 'Passerelles'), w('Files', 'Fichiers')].map((title) => ({ title, is_number: false })),
      rows: measures.filter(({ theme }) => theme === id).map((one, at) => [cell(`${one.id} ${say(one.name)}`, one.ring ?? null), cell(w('Yes, for the most part', 'Oui, pour l’essentiel')), cell(at % 2 ? `passerelle-quai-7, EX-12\npasserelle-hangar-2, EX-12` : '–'), cell(at % 3 ? '–' : 'procedure_sauvegarde_v3.pdf')]),
      empty: '',
    })),
  ];
}

/** The smallest PDF that a reader opens: one empty page. */
const PDF = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n';
const HEADS = { management: ['Report to management', 'Rapport à la direction'], auditor: ['Report to the auditor', 'Rapport à l’auditeur'], authority: ['Report to the authority', 'Rapport à l’autorité'] } as const;

export function reportRoutes(organisation: { id: string; name: string } | undefined): [string, RegExp, Handler][] {
  const reportOf = (id: string | undefined, query: URLSearchParams): Report => {
    const reader = READERS.find((one) => one === query.get('for'));
    if (!reader) throw new Fault(422, 'invalid_fields', [{ field: 'for', message_code: 'unknown', message: 'Not known' }]);
    const fr = query.get('lang') === 'fr';
    const made = new Intl.DateTimeFormat(fr ? 'fr-FR' : 'en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: query.get('zone') ?? 'UTC' }).format(new Date());
    return { lang: fr ? 'fr' : 'en', title: HEADS[reader][fr ? 1 : 0], organisation: organisation?.name ?? '', made, blocks: id === organisation?.id ? blocksOf(reader, fr) : [] };
  };
  return [
    ['GET', /^\/organisations\/([^/]+)\/report$/, ({ params, query }) => reportOf(params[0], query)],
    ['GET', /^\/organisations\/([^/]+)\/report\/pdf$/, ({ params, query, response }) => {
      reportOf(params[0], query);
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/pdf', 'content-disposition': 'attachment; filename="report.pdf"' }).end(PDF), 400);
      return undefined;
    }],
  ];
}
