/** Text in columns, for terminals. */
export { formatBytes, formatDuration } from '../../../model/page/units.ts';

/** A column's cells stand to the left, or to the right as numbers should. */
export type Alignment = 'left' | 'right';

/** Cells that a terminal shows are as wide as the text has letters; accents and symbols of two code units count once. */
const widthOf = (text: string): number => [...text].length;

function padded(text: string, width: number, alignment: Alignment): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)));
  return alignment === 'right' ? spaces + text : text + spaces;
}

/** Rows of cells as lines, columns two spaces apart, each as wide as its widest cell. */
export function formatTable(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows
    .map((row) => row.map((cell, i) => padded(cell, widths[i]!, alignments[i] ?? 'left')).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Breaks a text between words so that no line is longer than `width`, unless a word is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
