// Words for identifiers of other frameworks. Their official texts are not ours to show.
import { tu } from '@haubert/ui';
import type { MappingTarget } from '../../api/mapping-types';
import { t } from '../../i18n';
import type { MappingState } from '../../state/mapping';

export const identifierText = (to: MappingTarget, id: string): string => t(`mapping.id.${to}`, { id });

export const stateText = (state: MappingState): string => (state === 'without' || state === 'not_asked' ? t(`mapping.${state}`) : tu(`ring.${state}`));
