/** Light, dark, or as the system says. */
export type Theme = 'system' | 'light' | 'dark';
const KEY = 'haubert.theme';

function initial(): Theme {
  const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

class ThemeState {
  choice = $state<Theme>(initial());
  /** Grows whenever the colours on screen change, so that canvases can repaint. */
  version = $state(0);

  set(choice: Theme): void {
    this.choice = choice;
    if (typeof localStorage !== 'undefined') {
      if (choice === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    }
    this.apply();
  }

  /** Called once at start and at each change. */
  apply(): void {
    if (typeof document === 'undefined') return;
    if (this.choice === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.choice;
    this.version += 1;
  }

  /** Follows the system when nothing was chosen. */
  watch(): void {
    this.apply();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (this.version += 1));
  }
}

export const theme = new ThemeState();
