/** A router small enough to read: real paths, the history API, patterns such as `/gateways/:id`. */
export type RouteParams = Readonly<Record<string, string>>;

/** The parameters of `path` under `pattern`, or null when it does not match. */
export function matchPath(pattern: string, path: string): RouteParams | null {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  if (want.length !== have.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of want.entries()) {
    const value = have[at] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

const here = (): URL => new URL(typeof location === 'undefined' ? 'http://localhost/' : location.href);

class Router {
  url = $state.raw<URL>(here());

  get path(): string {
    return this.url.pathname;
  }
  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  go(to: string, options: { replace?: boolean } = {}): void {
    const next = new URL(to, this.url);
    const samePage = next.pathname === this.url.pathname;
    history[options.replace ? 'replaceState' : 'pushState'](null, '', next);
    this.url = next;
    if (!samePage) {
      scrollTo(0, 0);
      // The new page's heading takes the focus, as it would after a full load.
      requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
    }
  }

  /** Keeps a choice in the address without adding to the history. */
  setQuery(values: Record<string, string | null>): void {
    const next = new URL(this.url);
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') next.searchParams.delete(name);
      else next.searchParams.set(name, value);
    }
    if (next.href !== this.url.href) this.go(next.href, { replace: true });
  }

  /** Takes over plain clicks on same-origin links and the back button. Returns the way to stop. */
  start(): () => void {
    const click = (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
      event.preventDefault();
      this.go(link.href);
    };
    const pop = () => (this.url = here());
    document.addEventListener('click', click);
    addEventListener('popstate', pop);
    // What stands behind the `#` can be changed by hand.
    addEventListener('hashchange', pop);
    return () => {
      document.removeEventListener('click', click);
      removeEventListener('popstate', pop);
      removeEventListener('hashchange', pop);
    };
  }
}

export const router = new Router();
