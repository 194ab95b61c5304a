/** What screen readers are to say when they have time. */
import { byId } from './dom.ts';

export type Announce = (text: string) => void;

/** Texts that come together are read one after the other. */
export function announcer(): Announce {
  const region = byId('announcer', HTMLDivElement);
  return (text) => {
    const line = document.createElement('p');
    line.textContent = text;
    region.append(line);
    // Read by then; what stays would be come across by who reads through the page.
    setTimeout(() => line.remove(), 5000);
  };
}
