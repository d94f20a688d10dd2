/** What waits to be sent, in words. */
import { formatBytes } from '@haubert/ui';
import type { LinkState } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export const backlogText = (link: LinkState): string =>
  link.backlog_chunks === 0 ? t('hub.backlog_none') : t('hub.backlog_text', { n: link.backlog_chunks, size: formatBytes(link.backlog_bytes) });

/** 64 hexadecimal digits, colons and spaces aside; null when it is something else. */
export function cleanFingerprint(text: string): string | null {
  const digits = text.replace(/^sha-?256[:=]?/i, '').replace(/[\s:]/g, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null;
}
