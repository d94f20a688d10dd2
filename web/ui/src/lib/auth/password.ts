/** The password rules as the server sends them, and what of them can be seen while typing. The server decides. */
export interface PasswordRules {
  min_chars: number;
  needs_lower: boolean;
  needs_upper: boolean;
  needs_digit: boolean;
  needs_special: boolean;
  max_age_days: number | null;
  min_age_hours: number;
  history: number;
  min_strength: number;
  one_time_hours: number;
}
export type PasswordRule = 'min_chars' | 'lower' | 'upper' | 'digit' | 'special';

/** The rules that hold, in the order in which they are shown. */
export function rulesOf(rules: PasswordRules): PasswordRule[] {
  const asked: [PasswordRule, boolean][] = [
    ['min_chars', true],
    ['lower', rules.needs_lower],
    ['upper', rules.needs_upper],
    ['digit', rules.needs_digit],
    ['special', rules.needs_special],
  ];
  return asked.filter(([, needed]) => needed).map(([rule]) => rule);
}

export function meets(rule: PasswordRule, text: string, rules: PasswordRules): boolean {
  switch (rule) {
    case 'min_chars': return [...text].length >= rules.min_chars;
    case 'lower': return /\p{Ll}/u.test(text);
    case 'upper': return /\p{Lu}/u.test(text);
    case 'digit': return /\p{Nd}/u.test(text);
    case 'special': return /[^\p{L}\p{N}]/u.test(text);
  }
}
