// Campaigns of the pretend community: one that runs, one that is over, one that is closed.
import { randomUUID } from 'node:crypto';
import type { Campaign, CampaignBody, CampaignReminder, CampaignStep, CampaignWithProgress, OwnCampaign } from '../src/api/campaign-types.ts';
import type { AssessmentSummary } from '../src/api/library-types.ts';
import type { Organisation } from '../src/api/types.ts';
import { ASSESSMENT } from './fake-standing.ts';
import { Fault, type Handler } from './fault.ts';

const DAY = 86_400_000;
const day = (ahead: number) => new Date(Date.now() + ahead * DAY).toISOString().slice(0, 10);
type Kept = Campaign & { steps: CampaignStep[] };

export function campaignRoutes(organisations: Organisation[], user: () => string): [string, RegExp, Handler][] {
  const at = new Date(Date.now() - 30 * DAY).toISOString();
  const step = ({ id, name }: Organisation, rest: Partial<CampaignStep> = {}): CampaignStep => ({ organisation_id: id, organisation: name, progress: 'not_begun', percent: 0, assessment_id: null, ...rest });
  const progress = [{}, { progress: 'begun', percent: 62, assessment_id: ASSESSMENT }, { progress: 'closed', percent: 100, assessment_id: ASSESSMENT }] as const;
  const campaign = (title: string, from: number, until: number, rest: Partial<Kept> = {}): Kept => ({
    id: randomUUID(), title, framework: 'haubert-port', from: day(from), until: day(until), days_left: until, message: '', revision: 1,
    created_at: at, created_by: 'first.coordinator', changed_at: at, changed_by: 'first.coordinator', closed_at: null, closed_by: null,
    steps: organisations.map((one, n) => step(one, progress[n % 3] ?? {})), ...rest,
  });
  const campaigns = organisations.length === 0
    ? []
    : [
        campaign('Self-assessment autumn 2026', -35, 12, { message: 'The first look at the whole port. It takes one to three hours; you may stop and go on another day.\nQuestions: the coordinator’s office, every morning.' }),
        campaign('Remote access of providers', -80, -6),
        campaign('Self-assessment spring 2027', 90, 150, { steps: organisations.map((one) => step(one)) }),
        campaign('Self-assessment 2025', -400, -330, { closed_at: at, closed_by: 'first.coordinator' }),
      ];
  const find = (id: string | undefined): Kept => {
    const found = campaigns.find((one) => one.id === id);
    if (!found) throw new Fault(404, 'not_found');
    return found;
  };
  const plain = ({ steps: _steps, ...rest }: Kept): Campaign => ({ ...rest, days_left: Math.round((Date.parse(rest.until) - Date.parse(day(0))) / DAY) });
  const reminder = (one: Kept, { progress: now }: CampaignStep): CampaignReminder | null => {
    const left = plain(one).days_left;
    if (one.closed_at !== null || now === 'closed' || one.from > day(0) || left > 14) return null;
    return left < 0 ? 'overdue' : left <= 3 ? 'in_3_days' : 'in_14_days';
  };
  const whole = (one: Kept): CampaignWithProgress => ({
    ...plain(one),
    organisations: one.steps,
    reminders: one.steps.flatMap((each) => {
      const due = reminder(one, each);
      return due ? [{ organisation_id: each.organisation_id, organisation: each.organisation, reminder: due }] : [];
    }),
  });
  const summary = (one: Kept, { organisation_id, assessment_id }: CampaignStep): AssessmentSummary | null =>
    assessment_id === null ? null : ({ id: assessment_id, organisation_id, framework: one.framework, title: one.title, kind: 'self', state: 'open', answered: 38, asked: 61, created_at: at, created_by: user() } as unknown as AssessmentSummary);
  const own = (one: Kept, each: CampaignStep): OwnCampaign => ({
    ...plain(one), progress: each.progress, percent: each.percent, reminder: reminder(one, each), assessment: summary(one, each),
    can_begin: one.closed_at === null && one.from <= day(0) && each.progress === 'not_begun',
  });
  const invite = (one: Kept, wanted: string[] | null) => {
    const added = organisations.filter(({ id }) => (wanted === null || wanted.includes(id)) && !one.steps.some(({ organisation_id }) => organisation_id === id));
    one.steps.push(...added.map((organisation) => step(organisation)));
  };
  return [
    ['GET', /^\/campaigns$/, () => ({ items: campaigns.map(plain), next_cursor: null })],
    ['POST', /^\/campaigns$/, ({ body }) => {
      const { organisations: wanted, ...given } = body as unknown as CampaignBody;
      const made = campaign('', 0, 0, { ...given, revision: 1, created_by: user(), changed_by: user(), steps: [] });
      invite(made, wanted);
      campaigns.push(made);
      return plain(made);
    }],
    ['GET', /^\/campaigns\/([^/]+)$/, ({ params }) => whole(find(params[0]))],
    ['PUT', /^\/campaigns\/([^/]+)$/, ({ params, body }) => {
      const { organisations: wanted, ...given } = body as unknown as CampaignBody;
      const found = find(params[0]);
      if (given.revision !== found.revision) throw new Fault(409, 'changed_meanwhile');
      Object.assign(found, given, { revision: found.revision + 1, changed_by: user() });
      invite(found, wanted);
      return whole(found);
    }],
    ['POST', /^\/campaigns\/([^/]+)\/closing$/, ({ params }) => whole(Object.assign(find(params[0]), { closed_at: new Date().toISOString(), closed_by: user() }))],
    ['GET', /^\/organisations\/([^/]+)\/campaigns$/, ({ params }) => ({
      items: campaigns.flatMap((one) => one.steps.filter(({ organisation_id }) => organisation_id === params[0]).map((each) => own(one, each))),
      next_cursor: null,
    })],
    ['POST', /^\/organisations\/([^/]+)\/campaigns\/([^/]+)\/assessment$/, ({ params }) => {
      const found = find(params[1]);
      const each = found.steps.find(({ organisation_id }) => organisation_id === params[0]);
      if (!each) throw new Fault(404, 'not_found');
      Object.assign(each, { progress: 'begun', assessment_id: ASSESSMENT });
      return summary(found, each);
    }],
  ];
}
