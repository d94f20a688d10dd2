// What each report needs of the hub.
import type { Lang } from '@haubert/ui';
import type { ComponentProps } from 'svelte';
import { api } from '../../api/client';
import type { Action } from '../../api/plan-types';
import type { Risk } from '../../api/register-types';
import type { Reader } from '../../state/report';
import type AuditorReport from './AuditorReport.svelte';
import type AuthorityReport from './AuthorityReport.svelte';
import type ManagementReport from './ManagementReport.svelte';

type Data<C extends typeof ManagementReport | typeof AuthorityReport | typeof AuditorReport> = Omit<ComponentProps<C>, 'speaker'>;
export type Loaded =
  | { kind: 'nothing' }
  | { kind: 'management'; data: Data<typeof ManagementReport> }
  | { kind: 'authority'; data: Data<typeof AuthorityReport> }
  | { kind: 'auditor'; data: Data<typeof AuditorReport> };

const FRAMEWORK = 'haubert-port';

export async function loadReport(organisation: string, reader: Reader, lang: Lang): Promise<Loaded> {
  const ids = { id: organisation };
  const standing = await api.get('/organisations/{id}/standing', { ids });
  if (standing.assessment === null) return { kind: 'nothing' };
  if (reader === 'management') {
    const [risks, actions, picture] = await Promise.all([api.all('/organisations/{id}/risks', { ids }), api.all('/organisations/{id}/actions', { ids }), api.get('/organisations/{id}/path', { ids })]);
    return { kind: 'management', data: { standing, risks: risks as Risk[], actions: actions as Action[], picture } };
  }
  if (reader === 'authority') {
    const [profile, risks, rated, sheets] = await Promise.all([
      api.get('/organisations/{id}/profile', { ids }),
      api.all('/organisations/{id}/risks', { ids }),
      api.all('/organisations/{id}/scenarios', { ids }),
      Promise.all(standing.measures.map(({ id }) => api.get('/guide/{measure}', { ids: { measure: id } }))),
    ]);
    const scenarios = await Promise.all(rated.filter(({ is_picked }) => is_picked).map(({ scenario }) => api.get('/scenarios/{scenario}', { ids: { scenario } })));
    const references = new Map(sheets.map((sheet) => [sheet.measure, sheet.references.nis2_art_21]));
    return { kind: 'authority', data: { standing, profile, references, risks: risks as Risk[], scenarios } };
  }
  const [framework, own, assessments, files, findings] = await Promise.all([
    api.get('/frameworks/{ref_id}', { ids: { ref_id: FRAMEWORK }, query: { lang } }),
    api.get('/assessments/{id}', { ids: { id: standing.assessment } }),
    api.all('/organisations/{id}/assessments', { ids }),
    api.all('/organisations/{id}/evidence', { ids }),
    api.all('/organisations/{id}/findings', { ids }),
  ]);
  // The newest stands first.
  const audit = assessments.find(({ kind, framework: asked }) => kind === 'audit' && asked === FRAMEWORK) ?? null;
  const audited = audit ? (await api.get('/assessments/{id}', { ids: { id: audit.id } })).answers : [];
  const closing = audit?.state === 'closed' ? await api.get('/audits/{id}/closing', { ids: { id: audit.id } }) : null;
  return { kind: 'auditor', data: { standing, framework, own: own.answers, audit, audited, closing, files, findings } };
}
