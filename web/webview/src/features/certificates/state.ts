/** Certificates as rings and words. */
import type { RingState } from '@haubert/ui';
import type { Certificate, CertificateFinding, CertificateInspection, CertificateTrust } from '../../api/types.js';
import { t } from '../../i18n/index.js';

export interface Standing {
  ring: RingState;
  text: string;
}

/** How a certificate stands when an alarm begins `soon` days before its end. */
export function standing(certificate: Pick<Certificate, 'days_left'> | null | undefined, soon: number): Standing {
  if (!certificate) return { ring: 'unknown', text: t('cert.state.none') };
  const days = certificate.days_left;
  if (days < 0) return { ring: 'fails', text: t('cert.state.over') };
  if (days === 0) return { ring: 'weak', text: t('cert.state.today') };
  return days < soon ? { ring: 'weak', text: t('cert.state.soon', { n: days }) } : { ring: 'holds', text: t('cert.state.ok') };
}

/** How the trust of a link stands. */
export function trustStanding(trust: CertificateTrust, soon: number): Standing {
  if (trust.authorities.length === 0) return { ring: 'unknown', text: t('cert.state.nobody') };
  const worst = trust.authorities.map((one) => one.certificate).sort((a, b) => a.days_left - b.days_left)[0];
  const end = standing(worst, soon);
  if (end.ring === 'fails') return end;
  if (trust.crls.some((list) => list.overdue)) return { ring: trust.crl_required ? 'fails' : 'weak', text: t('cert.state.crl_over') };
  return end.ring === 'weak' ? end : { ring: 'holds', text: t('cert.state.trusting', { n: trust.authorities.length }) };
}

/** The name that people know a certificate by: its common name, else the whole subject. */
export const shortName = (subject: string): string => /(?:^|,\s*)CN=([^,]+)/.exec(subject)?.[1] ?? subject;

const GRADE_RING: Record<CertificateFinding['grade'], RingState> = { error: 'fails', warning: 'weak', note: 'declared' };
export const gradeRing = (grade: CertificateFinding['grade']): RingState => GRADE_RING[grade];

/** A finding as a sentence. */
export function findingText(finding: CertificateFinding): string {
  const { count, days, reason, ...rest } = finding.params;
  const n = count ?? (finding.code === 'expires_soon' ? days : undefined);
  const params: Record<string, string | number> = { ...rest };
  if (n !== undefined) params['n'] = Number(n);
  if (days !== undefined) params['days'] = days;
  if (reason !== undefined) params['reason'] = t.dynamic(`problem.${reason}`, {}, reason);
  return t.dynamic(`finding.${finding.code}`, params, finding.code);
}

/** What an inspection comes to. */
export function verdict(found: CertificateInspection): Standing {
  if (!found.acceptable) return { ring: 'fails', text: t('cert.not_acceptable') };
  return found.findings.some((finding) => finding.grade === 'warning') ? { ring: 'weak', text: t('cert.acceptable_but') } : { ring: 'holds', text: t('cert.acceptable') };
}

/** Steps of the expiry alarm as somebody types them; null when they are none. */
export function alarmDays(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const days = [...new Set(parts.map(Number))].sort((a, b) => b - a);
  const fits = parts.every((part) => /^\d+$/.test(part)) && days.length >= 1 && days.length <= 8 && days.every((day) => day >= 1 && day <= 366);
  return fits ? days : null;
}

/** Names as somebody types them, one per line or separated by commas. */
export const namesOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);
