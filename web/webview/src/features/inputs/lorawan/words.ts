/** A sensor's radio and values as words. */
import { formatNumber, formatShare, quantityText } from '@haubert/ui';
import type { LorawanSensor, PayloadDecoder } from '../../../api/types.js';
import { t } from '../../../i18n/index.js';
import { quantityLabel } from '../../../words/labels.js';

type Radio = LorawanSensor['radio'];

export const signalText = ({ rssi, snr }: Radio): string => (rssi === null ? '' : t('lorawan.signal_of', { rssi: formatNumber(rssi, 0), snr: formatNumber(snr ?? 0, 1) }));

export function batteryText({ battery_percent: percent, battery_volts: volts, external_power: mains }: Radio): string {
  if (mains) return t('lorawan.mains');
  return [percent === null ? '' : formatShare(percent / 100, { decimals: 0 }), volts === null ? '' : quantityText(volts, 'V')].filter(Boolean).join(' · ');
}

export const lostText = ({ lost, uplinks }: Radio): string => t('lorawan.lost_of', { lost: formatNumber(lost, 0), total: formatNumber(lost + uplinks, 0) });

export const decoderName = (decoders: readonly PayloadDecoder[], id: string): string => {
  const found = decoders.find((one) => one.id === id);
  if (!found) return id;
  const name = `${found.vendor} ${found.model}`;
  return found.verified ? name : t('lorawan.not_verified', { name });
};

/** What it measures, one line each; the load's name where it has several. */
export function valueLines({ loads, values }: Pick<LorawanSensor, 'loads' | 'values'>): string[] {
  const of = (channel: number) => (loads.length > 1 ? `${loads.find((load) => load.channel === channel)?.name ?? t('lorawan.load_n', { n: channel })} · ` : '');
  const measured = values.filter((value) => loads.some((load) => load.channel === value.channel));
  return measured.map((value) => `${of(value.channel)}${quantityLabel(value.quantity)} ${quantityText(value.value, value.unit)}`);
}
