// What happens on the page when a pointer moves over a chart. This function's source goes into the page.
import type { Readout } from './chart.ts';

/** Shows the values below the pointer. Runs in a browser, and may use nothing from outside of itself. */
export function showReadouts(): void {
  for (const plot of document.querySelectorAll('.plot')) {
    const area = plot.querySelector('.area');
    const source = plot.querySelector('script');
    if (area === null || source === null) continue;
    const { steps, series, at } = JSON.parse(source.textContent ?? '') as Readout;
    const rule = area.appendChild(document.createElement('div'));
    const box = area.appendChild(document.createElement('div'));
    rule.className = 'rule';
    box.className = 'readout';

    const show = (event: Event): void => {
      const { left, width } = area.getBoundingClientRect();
      const pointer = ((event as PointerEvent).clientX - left) / width;
      let nearest = 0;
      at.forEach((position, i) => {
        if (Math.abs(position - pointer) < Math.abs(at[nearest]! - pointer)) nearest = i;
      });
      const place = at[nearest] ?? 0;
      rule.style.left = `${100 * place}%`;
      box.style.left = `${100 * place}%`;
      box.classList.toggle('left', place > 0.5);
      box.replaceChildren(
        line('step', String(steps[nearest])),
        ...series.map(({ name, values }, i) => line(name, values[nearest] ?? '–', i)),
      );
      area.classList.add('read');
    };
    const line = (name: string, value: string, colour?: number): HTMLElement => {
      const row = document.createElement('div');
      if (colour !== undefined) row.className = `s${colour}`;
      const number = document.createElement('b');
      number.textContent = value;
      row.append(`${name} `, number);
      return row;
    };
    for (const kind of ['pointermove', 'pointerdown']) area.addEventListener(kind, show);
    area.addEventListener('pointerleave', () => area.classList.remove('read'));
  }
}
