/** The theme that was chosen on an earlier visit. */

export const themeKey = 'mmgem.theme';

export function storedTheme(): 'dark' | 'light' | undefined {
  try {
    const theme = localStorage.getItem(themeKey);
    return theme === 'dark' || theme === 'light' ? theme : undefined;
  } catch {
    return undefined; // storage is forbidden here
  }
}
