/** Server-sent events that come back after an outage, with a wait that doubles up to half a minute. */
export type StreamState = 'connecting' | 'open' | 'waiting';
export interface StreamOptions {
  events: Readonly<Record<string, (data: unknown) => void>>;
  onState?: (state: StreamState) => void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export const nextWait = (wait: number): number => Math.min(wait * 2, LONGEST_WAIT_MS);

/** Listens to `url`; returns the way to stop. */
export function listen(url: string, options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let stopped = false;

  const connect = () => {
    if (stopped) return;
    options.onState?.('connecting');
    source = new EventSource(url);
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      options.onState?.('open');
    };
    source.onerror = () => {
      source?.close();
      options.onState?.('waiting');
      clearTimeout(timer);
      timer = setTimeout(connect, wait);
      wait = nextWait(wait);
    };
    for (const [name, act] of Object.entries(options.events)) {
      source.addEventListener(name, (event) => {
        try {
          act(JSON.parse((event as MessageEvent<string>).data));
        } catch {
          // A damaged event is dropped: the next one brings the values again.
        }
      });
    }
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
}
