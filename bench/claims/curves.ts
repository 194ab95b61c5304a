/** Curves as an SVG that reads on light and on dark pages. */
import { escapeHtml } from '../../model/page/html.ts';
import { linearAxis } from '../../model/train/report/axis.ts';

export interface CurveSet {
  readonly name: string;
  readonly colour: string;
  /** One line a seed: points [x, y], y a share. */
  readonly lines: readonly (readonly (readonly [x: number, y: number])[])[];
}

const [width, height] = [640, 300];
const margin = { left: 52, right: 150, top: 34, bottom: 40 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };

/** Shares against steps; the lines of a set have one colour and a name at the right. */
export function curvesSvg(title: string, xTitle: string, sets: readonly CurveSet[]): string {
  const points = sets.flatMap(({ lines }) => lines.flat());
  const x = linearAxis([0, Math.max(...points.map(([at]) => at))], 5, 0);
  const y = linearAxis([0, Math.max(...points.map(([, share]) => share))], 5, 0);
  const place = ([at, share]: readonly [number, number]): string =>
    `${round(margin.left + x.position(at) * inner.width)},${round(margin.top + (1 - y.position(share)) * inner.height)}`;
  const grid = y.ticks.map((tick) => {
    const at = round(margin.top + (1 - y.position(tick)) * inner.height);
    return `<path d="M${margin.left} ${at}h${inner.width}" stroke="#8884"/><text x="${margin.left - 8}" y="${at + 4}" text-anchor="end">${Math.round(tick * 100)} %</text>`;
  });
  const steps = x.ticks.map(
    (tick) =>
      `<text x="${round(margin.left + x.position(tick) * inner.width)}" y="${height - margin.bottom + 18}" text-anchor="middle">${tick}</text>`,
  );
  const lines = sets.flatMap(({ colour, lines }) =>
    lines.map(
      (line) => `<polyline points="${line.map(place).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#888">
<title>${escapeHtml(title)}</title>
<text x="${margin.left}" y="18" font-size="14" font-weight="600">${escapeHtml(title)}</text>
${[...grid, ...steps, ...lines, ...names(sets, (point) => Number(place(point).split(',')[1]))].join('\n')}
<text x="${margin.left + inner.width / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(xTitle)}</text>
</svg>
`;
}

/** Each name beside where its lines end, names below one another where they would touch. */
function names(sets: readonly CurveSet[], yOf: (point: readonly [number, number]) => number): string[] {
  const wanted = sets.flatMap(({ name, colour, lines }) => {
    const ends = lines.flatMap((line) => (line.length > 0 ? [yOf(line.at(-1)!)] : []));
    return ends.length === 0 ? [] : [{ name, colour, at: ends.reduce((sum, at) => sum + at, 0) / ends.length }];
  });
  let free = 0;
  return wanted
    .sort((a, b) => a.at - b.at)
    .map(({ name, colour, at }) => {
      free = Math.max(at + 4, free + 16);
      return `<text x="${width - margin.right + 8}" y="${round(free)}" fill="${colour}" font-weight="600">${escapeHtml(name)}</text>`;
    });
}

const round = (value: number): number => Math.round(value * 10) / 10;
