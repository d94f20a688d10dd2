/** Which meter answers under which number, to be taken along: as the gateway has it, not as it is being typed. */
import { tableOf, type ExportTable } from '@haubert/ui';
import { t } from '../../i18n/index.js';
import { unitName, unitState } from './words.js';
import type { Row } from './modbus.js';

export const unitsTable = (shown: readonly Row[]): ExportTable =>
  tableOf('units', t('modbus.units'), [
    { key: 'unit', title: t('modbus.unit'), value: ({ unit }) => unit },
    { key: 'device', title: t('common.device'), value: ({ device }) => device, text: unitName },
    { key: 'bus', title: t('common.bus'), value: ({ bus }) => bus },
    { key: 'own_unit', title: t('modbus.own_unit'), value: ({ own_unit }) => own_unit },
    { key: 'state', title: t('common.state'), value: ({ state }) => state, text: unitState },
    { key: 'last_ok_at', title: t('common.last_ok'), value: ({ last_ok_at }) => last_ok_at, kind: 'time' },
    { key: 'device_id', title: t('common.id'), value: ({ device_id }) => device_id },
  ], shown);
