/** Reports on paper. */
export const report = {
  'nav.report': 'Report',
  'report.title': 'Report',
  'report.lead': 'Where the company stands, on paper, for whoever asks.',
  'report.for': 'For',
  'report.language': 'Language of the report',
  'report.pdf': 'PDF',
  'report.json': 'JSON',
  'report.print': 'Print',
  'report.making': 'Making the PDF…',
  'report.for.management': 'Management',
  'report.for.auditor': 'Auditor',
  'report.for.authority': 'Authority',
  'report.nothing': 'Nothing to report yet',
  'report.nothing_text': 'The report follows from the self-assessment. Begin with where the company stands.',
} as const;
