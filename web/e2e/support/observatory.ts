// Our reading of the MDN HTTP Observatory's table (github.com/mdn/mdn-http-observatory, version 1.4.8): what each of its tests adds to or
// takes from 100. The Observatory itself scans public sites; a gateway on a plant's network is none. Outcomes that a browser on
// HTTPS cannot meet (redirections from HTTP, since nothing listens there; certificates, which the operator brings) count nothing.
export interface Answer {
  headers: Readonly<Record<string, string>>;
  /** The `Set-Cookie` lines of signing in. */
  cookies: readonly string[];
  html: string;
}

export interface Mark {
  test: string;
  modifier: number;
  why: string;
}

/** Bonuses count from here on only. */
const MINIMUM_FOR_BONUS = 90;
const BROAD = ['ftp:', 'http:', 'https:', '*', 'http://*', 'http://*.*', 'https://*', 'https://*.*'];

function policyOf(header: string | undefined): Map<string, string[]> {
  const policy = new Map<string, string[]>();
  for (const part of (header ?? '').split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/);
    if (name && !policy.has(name.toLowerCase())) policy.set(name.toLowerCase(), sources);
  }
  return policy;
}

function csp(header: string | undefined): Mark {
  const mark = (modifier: number, why: string): Mark => ({ test: 'content-security-policy', modifier, why });
  if (!header) return mark(-25, 'none');
  const policy = policyOf(header);
  const of = (name: string) => policy.get(name) ?? policy.get('default-src') ?? ['*'];
  const [scripts, objects, styles] = [of('script-src'), of('object-src'), of('style-src')];
  const unsafe = [...BROAD, "'unsafe-inline'", 'data:'];
  if ([...scripts, ...objects].some((source) => unsafe.includes(source))) return mark(-20, 'inline or any script');
  if ([...policy.values()].flat().some((source) => /^(http|ftp):/.test(source))) return mark(-20, 'loads over plain HTTP');
  if ([...scripts, ...styles].includes("'unsafe-eval'")) return mark(-10, 'eval');
  const form = policy.get('form-action') ?? ['*'];
  if (styles.some((source) => unsafe.includes(source))) return mark(0, 'inline style');
  const none = policy.get('default-src')?.join() === "'none'";
  const kept = form.every((source) => source === "'none'" || source === "'self'");
  return none && kept ? mark(10, "default-src 'none', nothing unsafe") : mark(5, 'nothing unsafe');
}

/** The Observatory knows a session by its name; all that signing in sets counts as one here. */
function cookies(lines: readonly string[], hsts: boolean): Mark {
  const mark = (modifier: number, why: string): Mark => ({ test: 'cookies', modifier, why });
  if (lines.length === 0) return mark(0, 'none');
  const has = (line: string, flag: RegExp) => line.split(';').some((part) => flag.test(part.trim()));
  const marks = lines.flatMap((line) => {
    const found: Mark[] = [];
    if (!has(line, /^httponly$/i)) found.push(mark(-30, 'a session that scripts can read'));
    if (!has(line, /^secure$/i)) found.push(mark(hsts ? -10 : -40, 'without Secure'));
    if (has(line, /^samesite=(?!strict$|lax$|none$)/i)) found.push(mark(-20, 'SameSite of no known kind'));
    return found;
  });
  const worst = marks.sort((a, b) => a.modifier - b.modifier)[0];
  if (worst) return worst;
  return lines.every((line) => has(line, /^samesite=/i)) ? mark(5, 'Secure, HttpOnly, SameSite') : mark(0, 'Secure, HttpOnly');
}

function integrity(html: string): Mark {
  const mark = (modifier: number, why: string): Mark => ({ test: 'subresource-integrity', modifier, why });
  const scripts = [...html.matchAll(/<script\b[^>]*>/gi)].map(([tag]) => tag);
  const foreign = scripts.filter((tag) => /\bsrc\s*=\s*["']?(https?:)?\/\//i.test(tag));
  if (foreign.length === 0) return mark(0, 'own origin only');
  const plain = foreign.some((tag) => !/src\s*=\s*["']?https:/i.test(tag));
  const whole = foreign.every((tag) => /\bintegrity\s*=/i.test(tag));
  return plain ? mark(whole ? -20 : -50, 'foreign scripts, not over HTTPS') : mark(whole ? 5 : -5, 'foreign scripts');
}

/** Every test of the table with what it adds or takes, and the score. */
export function observatory({ headers, cookies: set, html }: Answer): { score: number; marks: Mark[] } {
  const header = (name: string) => headers[name]?.trim().toLowerCase();
  const age = Number(/max-age=(\d+)/.exec(header('strict-transport-security') ?? '')?.[1] ?? -1);
  const framed = policyOf(headers['content-security-policy']).get('frame-ancestors');
  const frames = header('x-frame-options');
  const referrer = header('referrer-policy')?.split(',').at(-1)?.trim();
  const resource = header('cross-origin-resource-policy');
  const shared = header('access-control-allow-origin');
  const marks: Mark[] = [
    csp(headers['content-security-policy']),
    cookies(set, age > 0),
    { test: 'cross-origin-resource-sharing', modifier: shared && header('access-control-allow-credentials') === 'true' ? -50 : 0, why: shared ?? 'none' },
    { test: 'cross-origin-resource-policy', modifier: resource === 'same-origin' || resource === 'same-site' ? 10 : resource && resource !== 'cross-origin' ? -5 : 0, why: resource ?? 'none' },
    {
      test: 'referrer-policy',
      modifier: !referrer ? 0 : ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'].includes(referrer) ? 5 : -5,
      why: referrer ?? 'none',
    },
    { test: 'strict-transport-security', modifier: age < 0 ? -20 : age < 15_768_000 ? -10 : 0, why: `${age} s` },
    integrity(html),
    { test: 'x-content-type-options', modifier: header('x-content-type-options') === 'nosniff' ? 0 : -5, why: header('x-content-type-options') ?? 'none' },
    {
      test: 'x-frame-options',
      modifier: framed?.every((source) => source === "'none'" || source === "'self'") ? 5 : frames === 'deny' || frames === 'sameorigin' ? 0 : -20,
      why: framed ? `frame-ancestors ${framed.join(' ')}` : (frames ?? 'none'),
    },
  ];
  const sum = (some: Mark[]) => some.reduce((total, { modifier }) => total + modifier, 0);
  const base = Math.max(0, 100 + sum(marks.filter(({ modifier }) => modifier < 0)));
  return { score: base >= MINIMUM_FOR_BONUS ? base + sum(marks.filter(({ modifier }) => modifier > 0)) : base, marks };
}
