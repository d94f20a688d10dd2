/** The pretended gateway's mail: a server that greets with "later", and two readers. */
import type { Mail, MailLetter, MailSettings, OutletTrial } from '../src/api/types.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
let settings: MailSettings = {
  enabled: true, host: 'mail.port.example', port: 465, security: 'tls', user: 'gateway', from: 'gateway@port.example', sender: '', link: 'https://gateway.port.example',
  gather_seconds: 60, report_hour: 6,
  readers: [
    { address: 'watch@port.example', language: 'fr', alarms: 'not_critical', expiries: true, report: 'weekly' },
    { address: 'energy@port.example', language: 'en', alarms: null, expiries: false, report: 'monthly' },
  ],
};

export const mail = (): Mail => ({
  settings,
  password_set: true,
  state: settings.enabled ? 'idle' : 'off',
  allowed: true,
  sent_at: settings.enabled ? ago(3_700_000) : null,
  failure: null,
  backlog: { letters: 1, oldest_at: ago(400_000) },
  counters: { conversations: 12, sent: 31, given_up: 1 },
});

export const letters = (): MailLetter[] => [
  { id: 3, to: 'watch@port.example', kind: 'alarms', subject: '[Terminal du quai nord] Critique : Puissance du quai', made_at: ago(400_000), state: 'waiting', tries: 1, next_at: ago(-200_000), done_at: null, code: 'recipient_refused', detail: '451 greylisted, come back' },
  { id: 2, to: 'watch@port.example', kind: 'report', subject: '[Terminal du quai nord] Rapport · 16/11/2026 – 22/11/2026', made_at: ago(3_710_000), state: 'sent', tries: 0, next_at: null, done_at: ago(3_700_000), code: null, detail: '2.0.0 Ok: queued as 4711' },
  { id: 1, to: 'former@port.example', kind: 'expiries', subject: '[Terminal du quai nord] Un certificat expire bientôt', made_at: ago(90_000_000), state: 'given_up', tries: 0, next_at: null, done_at: ago(89_990_000), code: 'recipient_refused', detail: '550 no such mailbox' },
];

export const keepMail = (body: unknown): Mail => {
  settings = (body as { settings: MailSettings }).settings;
  return mail();
};

export const tryMail = (): OutletTrial => ({
  ok: false,
  steps: [
    { step: 'resolve', ok: true, code: null, detail: '192.0.2.41:465' },
    { step: 'reach', ok: true, code: null, detail: '192.0.2.41:465' },
    { step: 'tls', ok: true, code: null, detail: 'TLSv1_3 · CN=mail.port.example' },
    { step: 'greet', ok: true, code: null, detail: 'mail.port.example' },
    { step: 'login', ok: false, code: 'login_refused', detail: '535 5.7.8 authentication failed' },
  ],
});
