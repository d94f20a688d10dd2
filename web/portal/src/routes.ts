// Which page an address shows. Each page is a file of its own, fetched when it is first shown: whoever comes for one does not wait for thirty.
import { matchPath, type RouteParams } from '@haubert/ui';
import type { Component } from 'svelte';

/** The names in `/gateways/:id`: what the page is given. */
type Names<P> = P extends `${string}:${infer Name}` ? Name : never;
export type Page = Component<RouteParams>;
export interface Route {
  pattern: string;
  load: () => Promise<{ default: Page }>;
}
/** The check that a page takes what its pattern gives; a list of them knows only that all are given words. */
const route = <P extends string>(pattern: P, load: () => Promise<{ default: Component<Record<Names<P>, string>> }>): Route => ({ pattern, load: load as Route['load'] });

/** The first that matches counts. */
export const ROUTES: readonly Route[] = [
  route('/', () => import('./pages/FleetPage.svelte')),
  route('/account', () => import('./pages/OwnAccountPage.svelte')),
  route('/organisations', () => import('./pages/OrganisationsPage.svelte')),
  route('/people', () => import('./pages/PeoplePage.svelte')),
  route('/releases', () => import('./pages/ReleasesPage.svelte')),
  route('/standing', () => import('./pages/StandingPage.svelte')),
  route('/report', () => import('./pages/ReportPage.svelte')),
  route('/audits', () => import('./pages/AuditsPage.svelte')),
  route('/audits/:id', () => import('./pages/AssessmentPage.svelte')),
  route('/evidence', () => import('./pages/EvidencePage.svelte')),
  route('/plan', () => import('./pages/PlanPage.svelte')),
  route('/label', () => import('./pages/LabelPage.svelte')),
  route('/progress', () => import('./pages/ProgressPage.svelte')),
  route('/assessments', () => import('./pages/AssessmentsPage.svelte')),
  route('/assessments/:id', () => import('./pages/AssessmentPage.svelte')),
  route('/register', () => import('./pages/RegisterPage.svelte')),
  route('/inventory', () => import('./pages/InventoryPage.svelte')),
  route('/advisories', () => import('./pages/AdvisoriesPage.svelte')),
  route('/zones', () => import('./pages/ZonesPage.svelte')),
  route('/path', () => import('./pages/PathPage.svelte')),
  route('/scenarios', () => import('./pages/ScenariosPage.svelte')),
  route('/scenarios/:id', () => import('./pages/ScenarioPage.svelte')),
  route('/community', () => import('./pages/CommunityPage.svelte')),
  route('/mapping', () => import('./pages/MappingPage.svelte')),
  route('/campaigns', () => import('./pages/CampaignsPage.svelte')),
  route('/campaigns/:id', () => import('./pages/CampaignPage.svelte')),
  route('/guide', () => import('./pages/GuidePage.svelte')),
  route('/guide/:measure', () => import('./pages/GuideSheetPage.svelte')),
  route('/study', () => import('./pages/StudyPage.svelte')),
  route('/libraries', () => import('./pages/LibrariesPage.svelte')),
  route('/frameworks/:id', () => import('./pages/FrameworkPage.svelte')),
  route('/taxonomies', () => import('./pages/TaxonomiesPage.svelte')),
  route('/gateways/new', () => import('./pages/AddGatewayPage.svelte')),
  route('/gateways/:id', () => import('./pages/GatewayPage.svelte')),
];
/** What whoever is not signed in may see: the page that makes an account, and the one that says whether a label counts. */
export const INVITATION = route('?:token', () => import('./pages/InvitationPage.svelte'));
export const LABEL_CHECK = route('#:code', () => import('./pages/LabelCheckPage.svelte'));
/** Where whoever came by an identity provider is asked for the code of an app. */
export const PROVIDER_CODE = route('?:ceremony', () => import('./pages/ProviderCodePage.svelte'));
const NOT_FOUND = route('*', () => import('./pages/NotFoundPage.svelte'));

export function routeOf(path: string): { route: Route; params: RouteParams } {
  for (const one of ROUTES) {
    const params = matchPath(one.pattern, path);
    if (params) return { route: one, params };
  }
  return { route: NOT_FOUND, params: {} };
}
