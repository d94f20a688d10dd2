// The description of the hub's API calls optional what a request may leave out, in answers too, where the hub writes every field.
import type { Asset, Conduit, Zone } from './inventory-types';
import type { components } from './schema';

type Schemas = components['schemas'];

export const wholeAsset = (one: Schemas['Asset']): Asset => ({ owner: '', make: '', model: '', version: '', serial: '', address: '', note: '', ...one });
export const wholeZone = (one: Schemas['Zone']): Zone => ({ purpose: '', ...one });
export const wholeConduit = (one: Schemas['Conduit']): Conduit => ({ protocols: [], note: '', ...one });
