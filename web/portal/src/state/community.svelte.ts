// Every organisation of the community with its latest figures, read page after page; rows fill in as they arrive.
import { language } from '@haubert/ui';
import { can } from '../access';
import type { CampaignWithProgress } from '../api/campaign-types';
import { api } from '../api/client';
import type { IndicatorDay, OrganisationToday } from '../api/progress-types';
import type { Words } from '../api/standing-types';
import type { Organisation } from '../api/types';
import { calendar } from './calendar.svelte';
import { campaignsOf, type CommunityRow } from './community';
import { eachOf } from './pool';

export class Community {
  organisations = $state.raw<readonly Organisation[]>([]);
  loaded = $state(false);
  error = $state.raw<unknown>(null);
  read = $state(0);
  /** What grades are called, in their order. */
  grades = $state.raw<readonly { id: string; title: Words }[]>([]);
  #figures = $state.raw<ReadonlyMap<string, IndicatorDay | null>>(new Map());
  #missing = $state.raw<ReadonlySet<string>>(new Set());
  #campaigns = $state.raw<readonly CampaignWithProgress[]>([]);
  #current: AbortController | null = null;

  rows = $derived<CommunityRow[]>(
    this.organisations.map((organisation) => ({
      organisation,
      figures: this.#figures.get(organisation.id) ?? null,
      is_missing: this.#missing.has(organisation.id),
      campaigns: campaignsOf(this.#campaigns, organisation.id),
    })),
  );
  missing = $derived(this.#missing.size);
  reading = $derived(this.loaded && this.error === null && this.read < this.organisations.length);

  /** Throws nothing: the page shows `error`, and how many could not be read. */
  async load(): Promise<void> {
    this.stop();
    const mine = (this.#current = new AbortController());
    const { signal } = mine;
    try {
      const all = await api.all('/organisations', { signal });
      const collator = new Intl.Collator(language.locale, { numeric: true });
      this.organisations = [...all].sort((a, b) => collator.compare(a.name, b.name));
      this.read = 0;
      this.#missing = new Set();
      this.error = null;
      this.loaded = true;
      await Promise.all([this.#readFigures(signal), this.#readGrades(signal), this.#readCampaigns(signal)]);
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
  }

  stop(): void {
    this.#current?.abort();
  }

  /** One that cannot be reckoned leaves the others as they are; the page says which. So it is with those that are not told any more. */
  async #readFigures(signal: AbortSignal): Promise<void> {
    const told = new Map<string, IndicatorDay | null>();
    let cursor: string | null = null;
    do {
      const page: { items: readonly OrganisationToday[]; next_cursor: string | null } = await api.get('/indicators', { query: { cursor }, signal });
      for (const { organisation_id, figures } of page.items) told.set(organisation_id, figures);
      this.#figures = new Map(told);
      this.read = Math.min(told.size, this.organisations.length);
      cursor = page.next_cursor;
    } while (cursor !== null);
    this.read = this.organisations.length;
    this.#missing = new Set(this.organisations.filter(({ id }) => !told.get(id)).map(({ id }) => id));
  }

  /** Their names come with any organisation's standing. */
  async #readGrades(signal: AbortSignal): Promise<void> {
    const id = this.organisations[0]?.id;
    if (id !== undefined) this.grades = (await api.get('/organisations/{id}/standing', { ids: { id }, signal })).label.grades;
  }

  async #readCampaigns(signal: AbortSignal): Promise<void> {
    if (!can('campaigns:view')) return;
    // Nobody can have begun what is still to come.
    const today = calendar.today();
    const open = (await api.all('/campaigns', { signal })).filter(({ closed_at, from }) => closed_at === null && from <= today);
    const found: CampaignWithProgress[] = [];
    await eachOf(open, 2, async ({ id }) => void found.push(await api.get('/campaigns/{id}', { ids: { id }, signal })), signal);
    this.#campaigns = found.sort((a, b) => a.until.localeCompare(b.until));
  }
}
