/** What can be drawn: the quantities recorded, each with its kind, and for each the loads that have it. */
import type { Series } from '../../api/types.js';

export interface RecordChoice {
  key: string;
  quantity: string;
  kind: Series['kind'];
}
const FIRST = ['active_power_total/trend', 'active_power_total/load_curve', 'volume_flow/trend', 'active_energy_import/index'];

export const keyOf = (series: Series): string => `${series.quantity}/${series.kind}`;

/** The choices, the usual ones first, then as the gateway lists them. */
export function recordChoices(all: readonly Series[]): RecordChoice[] {
  const found = new Map<string, RecordChoice>();
  for (const one of all) found.set(keyOf(one), { key: keyOf(one), quantity: one.quantity, kind: one.kind });
  const rank = (choice: RecordChoice) => (FIRST.includes(choice.key) ? FIRST.indexOf(choice.key) : FIRST.length);
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}

/** What a reader who chose nothing sees: the power of what comes in, else of the first loads. */
export function openingSeries(all: readonly Series[], supplyIds: ReadonlySet<string>): Series[] {
  const key = recordChoices(all)[0]?.key;
  const listed = all.filter((one) => keyOf(one) === key);
  const supply = listed.filter((one) => supplyIds.has(one.load_id));
  return (supply.length ? supply : listed).slice(0, 3);
}

/** The curve to show for a load when none was named: its power, else whatever comes first. */
export function mainSeries(all: readonly Series[], loadId: string): Series | undefined {
  const own = all.filter((one) => one.load_id === loadId);
  return FIRST.map((key) => own.find((one) => keyOf(one) === key)).find((one) => one !== undefined) ?? own[0];
}
