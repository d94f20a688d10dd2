// Short names for the shapes of the hub's API, which are generated from its description (`npm run api`).
import type { components } from './schema';

type Schemas = components['schemas'];

export type OrganisationKind = Schemas['OrganisationKind'];
export type Organisation = Schemas['Organisation'];
export type Site = Schemas['Site'];
export type DeviceCounts = Schemas['DeviceTotals'];
export type Gateway = Schemas['Gateway'];
export type Changed = Schemas['Changed'];
export type Enrolment = Schemas['Enrolment'];
export type NewGateway = Schemas['NewGateway'];
export type Fluid = Schemas['Fluid'];
export type Usage = Schemas['Usage'];
export type Unit = Schemas['Unit'];
export type Quantity = Schemas['Quantity'];
export type Quality = Schemas['Quality'];
export type LiveValue = Schemas['LiveItem'];
export type LiveView = Schemas['LiveView'];
export type Series = Schemas['Series'];
export type Samples = Schemas['Samples'];
export type PostureFinding = Schemas['PostureFinding'];
export type Release = Schemas['Release'];
export type Account = Schemas['Account'];
export type AccountChange = Schemas['AccountChange'];
export type Invitation = Schemas['Invitation'];
export type NewInvitation = Schemas['NewInvitation'];
export type Offer = Schemas['Offer'];

/** In the order in which they are offered; the type check fails when one is missing. */
const KIND_RANK: Readonly<Record<OrganisationKind, number>> = {
  port_authority: 0, terminal: 1, shipping: 2, logistics: 3, industry: 4, services: 5, authority: 6, other: 7,
};
export const organisationKinds = (Object.keys(KIND_RANK) as OrganisationKind[]).sort((a, b) => KIND_RANK[a] - KIND_RANK[b]);
