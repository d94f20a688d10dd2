// What a form tells of somebody else's version.
export interface Meanwhile {
  /** What happened, and to whose words. */
  says: string;
  /** Where the two versions differ, as the other has it. */
  fields: { name: string; text: string }[];
  takeLabel: string;
}
