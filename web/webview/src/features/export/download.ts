import { fromWallTime } from '@haubert/ui';

/**
 * A file that is made while it is sent. Its size is not known before its end, but its rows come in order of time: the time of the last
 * one says how far it is. What breaks off is not kept, since a part could be taken for the whole.
 */
export interface Progress {
  bytes: number;
  /** Of the last whole row, milliseconds. */
  at: number | null;
}

const FOLD_BYTES = 16 << 20;

/** The time of the last whole row of a text, whatever the format; null when there is none. Times without an offset are of `zone`. */
export function lastTime(text: string, zone?: string): number | null {
  const end = text.lastIndexOf('\n');
  const start = text.lastIndexOf('\n', end - 1) + 1;
  const [, time = '', offset] = /^(?:\{"time":"|\d+[,;])?(\d{4}-\d\d-\d\dT[\d:.]+)(Z?)/.exec(text.slice(start, end)) ?? [];
  const at = offset ? Date.parse(`${time}Z`) : fromWallTime(time, zone);
  return Number.isNaN(at) ? null : at;
}

/** How much is done, 0 to 1. */
export const share = (at: number | null, from: number, to: number): number => (at === null || to <= from ? 0 : Math.min(1, Math.max(0, (at - from) / (to - from))));

/** The name in a Content-Disposition header. */
export function fileName(header: string | null, otherwise: string): string {
  const full = /filename\*=UTF-8''([^;]+)/i.exec(header ?? '')?.[1];
  try {
    return full ? decodeURIComponent(full) : otherwise;
  } catch {
    return otherwise;
  }
}

/** Reads a body to its end; throws when it breaks off. */
export async function collect(body: ReadableStream<Uint8Array<ArrayBuffer>>, told: (progress: Progress) => void, zone?: string): Promise<Blob> {
  let parts: BlobPart[] = [];
  let loose = 0;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const progress: Progress = { bytes: 0, at: null };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    loose += value.length;
    if (loose > FOLD_BYTES) {
      // A browser keeps blobs on disk when they grow, loose pieces never.
      parts = [new Blob(parts)];
      loose = 0;
    }
    progress.bytes += value.length;
    progress.at = lastTime(decoder.decode(value.subarray(-4096)), zone) ?? progress.at;
    told({ ...progress });
  }
}
