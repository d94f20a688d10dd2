/** Reports on paper. */
export const report = {
  'nav.report': 'Report',
  'report.title': 'Report',
  'report.lead': 'Where the company stands, on paper, for whoever asks.',
  'report.for': 'For',
  'report.language': 'Language of the report',
  'report.print': 'Print',
  'report.for.management': 'Management',
  'report.for.auditor': 'Auditor',
  'report.for.authority': 'Authority',
  'report.nothing': 'Nothing to report yet',
  'report.nothing_text': 'The report follows from the self-assessment. Begin with where the company stands.',
} as const;
