// Words for what the inventory shows in several places.
import type { RingState } from '@haubert/ui';
import type { AdvisoryState, Asset, AssetBody, AssetField } from '../../api/inventory-types';
import { say, t } from '../../i18n';
import { CRITICALITIES, type Compared, differing, typeOf } from '../../state/inventory';
import type { Inventory } from '../../state/inventory.svelte';
import type { Meanwhile } from '../meanwhile';

export const fieldName = (field: AssetField): string => t(`asset.${field}`);
export const criticalText = (criticality: number): string => t(`inventory.critical.${CRITICALITIES.find((one) => one === criticality) ?? 2}`);

/** Its class and, where it is said, its kind. */
export function typeText(inventory: Inventory, asset: Pick<AssetBody, 'class' | 'kind'>): { main: string; family: string } {
  const { class: family, kind } = typeOf(inventory.classes, asset);
  const name = family ? say(family) : asset.class;
  return kind ? { main: say(kind), family: name } : { main: name, family: '' };
}
export const zoneText = (inventory: Inventory, id: string | null): string => inventory.zones.find((zone) => zone.id === id)?.name ?? '';
export const siteText = (inventory: Inventory, id: string | null): string => inventory.sites.find((site) => site.id === id)?.name ?? '';
/** What an asset is looked for by besides its own words. */
export function searched(inventory: Inventory, asset: Asset): string {
  const { main, family } = typeText(inventory, asset);
  return [main, family, asset.class, zoneText(inventory, asset.zone_id), siteText(inventory, asset.site_id)].join(' ');
}

const NAMED = { site_id: 'site', zone_id: 'zone' } as const;
export const comparedName = (field: Compared): string => fieldName(field === 'site_id' || field === 'zone_id' ? NAMED[field] : field);
/** One field of an asset, in words. */
export function valueText(field: Compared, body: AssetBody, inventory: Inventory): string {
  const { main, family } = typeText(inventory, body);
  const text = {
    class: family || main, kind: family ? main : '', criticality: criticalText(body.criticality), site_id: siteText(inventory, body.site_id), zone_id: zoneText(inventory, body.zone_id),
  }[field as string] ?? String(body[field] ?? '');
  return text || t('asset_form.nothing');
}

const RINGS: Readonly<Record<AdvisoryState, RingState>> = { affected: 'fails', possibly: 'weak', under_investigation: 'unknown', fixed: 'holds', not_affected: 'holds' };
export const stateRing = (state: AdvisoryState): RingState => RINGS[state];

export function meanwhile(theirs: Asset | 'deleted', mine: AssetBody, inventory: Inventory): Meanwhile {
  if (theirs === 'deleted') return { says: t('asset_form.theirs_deleted'), fields: [], takeLabel: '' };
  const fields = differing(mine, theirs).map((field) => ({ name: comparedName(field), text: valueText(field, theirs, inventory) }));
  return { says: t(fields.length > 0 ? 'asset_form.theirs' : 'asset_form.theirs_same', { who: theirs.changed_by }), fields, takeLabel: t('asset_form.take_theirs') };
}
