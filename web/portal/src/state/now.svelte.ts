// The time, for texts such as “2 minutes ago”: one timer for all, and only while somebody reads.
import { createSubscriber } from 'svelte/reactivity';

const EVERY_MS = 1000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, EVERY_MS);
  return () => clearInterval(timer);
});

export function now(): number {
  subscribe();
  return Date.now();
}
