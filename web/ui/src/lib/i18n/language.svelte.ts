/** The reader's language: what was chosen here before, else what the browser prefers, else English. */
export type Lang = 'en' | 'fr';
export const LANGUAGES: readonly { code: Lang; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'fr', name: 'Français' },
];

const KEY = 'haubert.language';

export function pickLanguage(stored: string | null, preferred: readonly string[]): Lang {
  if (stored === 'en' || stored === 'fr') return stored;
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'en' || base === 'fr') return base;
  }
  return 'en';
}

function initial(): Lang {
  if (typeof localStorage === 'undefined' || typeof navigator === 'undefined') return 'en';
  return pickLanguage(localStorage.getItem(KEY), navigator.languages ?? []);
}

class Language {
  current = $state<Lang>(initial());

  set(lang: Lang): void {
    this.current = lang;
    if (typeof localStorage !== 'undefined') localStorage.setItem(KEY, lang);
    this.apply();
  }

  /** Tells the browser (hyphenation, screen readers) which language the page is in. */
  apply(): void {
    if (typeof document !== 'undefined') document.documentElement.lang = this.current;
  }

  /** The locale for numbers and dates: the reader's own region when it fits the language. */
  get locale(): string {
    const own = typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
    const match = own.find((tag) => tag.toLowerCase().startsWith(`${this.current}-`));
    return match ?? (this.current === 'fr' ? 'fr-FR' : 'en-GB');
  }
}

export const language = new Language();
