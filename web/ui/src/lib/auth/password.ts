/** The password rule, as the server applies it; shown while typing. */
export const PASSWORD_RULES = ['length', 'lower', 'upper', 'digit', 'special'] as const;
export type PasswordRule = (typeof PASSWORD_RULES)[number];

const TESTS: Record<PasswordRule, (text: string) => boolean> = {
  length: (text) => [...text].length >= 10,
  lower: (text) => /\p{Ll}/u.test(text),
  upper: (text) => /\p{Lu}/u.test(text),
  digit: (text) => /\p{Nd}/u.test(text),
  special: (text) => /[^\p{L}\p{N}]/u.test(text),
};

export const meets = (rule: PasswordRule, text: string): boolean => TESTS[rule](text);
