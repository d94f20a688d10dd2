import type { Like } from '@haubert/ui';
import type { exports as en } from './en-export';

export const exports: Like<typeof en> = {
  'export.action': 'Exporter',
  'export.of': 'Exporter : {list}',
  'export.csv': 'CSV',
  'export.csv_note': 'Pour tout tableur',
  'export.xlsx': 'Excel (XLSX)',
  'export.xlsx_note': 'Nombres et dates reconnus comme tels',
  'export.json': 'JSON',
  'export.json_note': 'Pour les programmes, identique dans toutes les langues',
  'export.id': 'Identifiant',
  'export.expires': 'Valable jusqu’au',
  'export.used': 'Utilisée le',
  'export.used_by': 'Utilisée par',
  'export.invitation.open': 'ouverte',
  'export.invitation.used': 'utilisée',
  'export.invitation.expired': 'expirée',
  'export.silent': 'Appareils muets',
  'export.unit': 'Unité',
  'export.question': 'Question',
  'export.answer': 'Réponse',
  'export.comment': 'Commentaire',
  'export.summary': 'En bref',
  'export.inventory_note': 'L’inventaire entier, réimportable',
};
