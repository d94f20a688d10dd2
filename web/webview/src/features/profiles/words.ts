/** Registers and open questions in words. */
import { formatNumber } from '@haubert/ui';
import type { Choice } from '../../api/types.js';
import { t } from '../../i18n/index.js';

/** `50520 (0xC558)`: decimal as documents print it, hexadecimal as they also do. */
export const register = (address: number): string => `${address} (0x${address.toString(16).toUpperCase().padStart(4, '0')})`;

/** The answer to a question, in a sentence. */
export function choiceText(choice: Choice): string {
  const taken = choice.candidates.find((candidate) => candidate.option === choice.option);
  return choice.settled ? t('profiles.open_settled', { option: choice.option, address: taken ? register(taken.address) : '' }) : t('profiles.open_unsettled', { option: choice.option });
}

/** Thousandths of Wh as Wh. */
export const growthText = (milli: number): string => `${formatNumber(milli / 1000, 1)}\u202fWh`;
