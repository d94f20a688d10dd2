/** What `/live` says of a load, unfolded into one row per value. */
import type { Live, LiveValue, Quantity } from '../api/types.js';

export function unfold(live: Live): LiveValue[] {
  return live.items.flatMap((item) =>
    Object.entries(item.values).map(([quantity, value]): LiveValue => {
      const remark = item.remarks[quantity];
      return {
        device_id: item.device_id, load_id: item.load_id, channel: item.channel, quantity: quantity as Quantity, value, unit: live.units[quantity] ?? '',
        at: item.times[quantity] ?? item.at, quality: remark?.quality ?? 'good', reason: remark?.reason ?? 'measured',
      };
    }),
  );
}
