// Words for what the zones page shows in several places.
import type { Conduit } from '../../api/inventory-types';
import { t } from '../../i18n';
import type { Segments } from '../../state/segments.svelte';

export const LEVELS = [0, 1, 2, 3, 4] as const;
export const levelText = (level: number): string => t(`zones.level.${LEVELS.find((one) => one === level) ?? 0}`);

export const conduitText = (segments: Segments, conduit: Conduit): string =>
  t(`conduit.line_${conduit.direction}`, { name: conduit.name, from: segments.zoneName(conduit.from_zone_id), to: segments.zoneName(conduit.to_zone_id), level: t('zones.sl', { level: conduit.target_level }) });
