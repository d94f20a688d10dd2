/** The meters of a bus, to be taken along. */
import { tableOf, type ExportTable } from '@haubert/ui';
import type { Bus, Device, Profile } from '../../api/types.js';
import { t } from '../../i18n/index.js';
import { lineText } from '../../words/labels.js';
import { profileName } from './profiles.js';

export const devicesTable = (shown: readonly Device[], bus: Pick<Bus, 'name' | 'line'>, profiles: readonly Profile[]): ExportTable =>
  tableOf('devices', t('sources.devices_on', { bus: bus.name }), [
    { key: 'unit', title: t('common.unit_id'), value: ({ unit }) => unit },
    { key: 'name', title: t('common.device'), value: ({ name }) => name },
    { key: 'profile', title: t('common.profile'), value: ({ profile_id }) => profile_id, text: ({ profile_id }) => profileName(profiles, profile_id) },
    { key: 'serial', title: t('common.serial_number'), value: ({ identity }) => identity.serial },
    { key: 'loads', title: t('common.loads'), value: ({ channels }) => channels },
    { key: 'state', title: t('common.state'), value: ({ state }) => state, text: ({ state }) => t.dynamic(`device.${state}`) },
    { key: 'last_ok_at', title: t('common.last_ok'), value: ({ last_ok_at }) => last_ok_at, kind: 'time' },
    { key: 'bus', title: t('common.bus'), value: () => bus.name },
    { key: 'line', title: t('common.line'), value: () => lineText(bus.line) },
    { key: 'id', title: t('common.id'), value: ({ id }) => id },
  ], shown);
