/** Dark or light: as the system has it, until the user decides otherwise. */
import { byId } from './dom.ts';
import { themeKey } from './theme-stored.ts';

export function bindTheme(): void {
  const button = byId('theme', HTMLButtonElement);
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = (): boolean =>
    (document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const show = (): void => {
    const other = isDark() ? 'light' : 'dark';
    button.textContent = other === 'dark' ? 'Dark' : 'Light';
    button.setAttribute('aria-label', `Switch to the ${other} theme`);
  };
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    keep(theme);
    show();
  });
  system.addEventListener('change', show);
  show();
}

function keep(theme: string): void {
  try {
    localStorage.setItem(themeKey, theme);
  } catch {
    // Storage is full or forbidden: the choice holds until the page is left, and the button shows it.
  }
}
