// For whom reports are written.
export const READERS = ['management', 'auditor', 'authority'] as const;
export type Reader = (typeof READERS)[number];
