/** Les rapports sur papier. */
import type { Like } from '@haubert/ui';
import type { report as en } from './en-report';

export const report: Like<typeof en> = {
  'nav.report': 'Rapport',
  'report.title': 'Rapport',
  'report.lead': 'Où en est l’entreprise, sur papier, pour qui le demande.',
  'report.for': 'Pour',
  'report.language': 'Langue du rapport',
  'report.pdf': 'PDF',
  'report.json': 'JSON',
  'report.print': 'Imprimer',
  'report.making': 'Préparation du PDF…',
  'report.for.management': 'La direction',
  'report.for.auditor': 'L’auditeur',
  'report.for.authority': 'L’autorité',
  'report.nothing': 'Rien à rapporter pour l’instant',
  'report.nothing_text': 'Le rapport découle de l’autoévaluation. Commencez par voir où en est l’entreprise.',
};
