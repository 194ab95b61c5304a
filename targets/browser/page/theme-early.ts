/** Runs before the page is drawn, so that it does not flash in the other theme. */
import { storedTheme } from './theme-stored.ts';

const theme = storedTheme();
if (theme !== undefined) document.documentElement.dataset.theme = theme;
