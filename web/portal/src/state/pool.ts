// Many requests, few at a time.

/** Does `work` for each item, at most `limit` at once, in order of the items. Stops beginning new ones once `signal` says so; the first failure is thrown. */
export async function eachOf<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>, signal: AbortSignal): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}
