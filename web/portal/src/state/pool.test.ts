import { expect, it } from 'vitest';
import { eachOf } from './pool';

it('does everything, never more at once than allowed', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await eachOf([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    done.push(item);
    running -= 1;
  }, new AbortController().signal);
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('begins nothing more once it is stopped', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  await eachOf([1, 2, 3], 1, async (item) => {
    done.push(item);
    stop.abort();
    await Promise.resolve();
  }, stop.signal);
  expect(done).toEqual([1]);
});
