// Companies of a hub, made by the API where a walk is about something else.
import type { HubApi } from './api.ts';
import type { Hub } from './system.ts';

interface Answerable {
  nodes: { urn: string; ref_id: string | null; assessable: boolean; questions: { urn: string; choices: { urn: string }[] }[] }[];
}

/** An organisation with a profile; `ot` where it runs industrial systems. */
export async function company(hub: Hub, name: string, profile: { size?: string; ot?: boolean; gateways?: boolean } = {}): Promise<string> {
  const { id } = await hub.api.post<{ id: string }>('/organisations', { name, kind: 'terminal' });
  await hub.api.put(`/organisations/${id}/profile`, { size: 'small', nis2: 'none', ot: false, gateways: false, ...profile });
  return id;
}

/** A self-assessment, begun and not answered. */
export async function selfAssessment(api: HubApi, organisation: string): Promise<string> {
  return (await api.post<{ id: string }>(`/organisations/${organisation}/assessments`, { framework: 'haubert-port', title: 'Self-assessment' })).id;
}

/** Answers questions by their last choices: those of `measures`, or all. `path` is that of an assessment or an audit. */
export async function answerBest(api: HubApi, path: string, measures: (id: string) => boolean = () => true): Promise<void> {
  const { nodes } = await api.get<Answerable>('/frameworks/haubert-port?lang=en');
  for (const { urn: node, ref_id, questions } of nodes) {
    if (!measures(ref_id ?? '')) continue;
    for (const { urn: subject, choices } of questions) {
      await api.put(`${path}/answer`, { node, subject, choice: choices.at(-1)?.urn ?? null, score: null, words: null, not_applicable: null, comment: '', revision: 0 });
    }
  }
}

/** Says of measures that they do not concern the company. */
export async function leaveOut(api: HubApi, path: string, measures: (id: string) => boolean): Promise<void> {
  const { nodes } = await api.get<Answerable>('/frameworks/haubert-port?lang=en');
  for (const { urn, ref_id } of nodes.filter(({ assessable }) => assessable)) {
    if (!measures(ref_id ?? '')) continue;
    await api.put(`${path}/answer`, { node: urn, subject: urn, choice: null, score: null, words: null, not_applicable: 'None of ours.', comment: '', revision: 0 });
  }
}
