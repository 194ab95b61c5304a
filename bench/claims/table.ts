/** Tables of figures in Markdown. */
import type { Arm, Figures } from './runs.ts';

/** A row of a table: what is measured, where it stands, and how it reads. */
export interface Measure {
  readonly title: string;
  readonly suite: string;
  readonly name: string;
  readonly form: 'share' | 'score';
}

export function measured(figures: Figures, { suite, name }: Measure): number | undefined {
  return figures[suite]?.[name];
}

/** Mean ± standard deviation over seeds, one column an objective. */
export function armTable(
  arms: readonly Arm[],
  columns: readonly (readonly [title: string, objective: string])[],
  measures: readonly Measure[],
): string {
  const rows = measures.map((measure) => [
    measure.title,
    ...columns.map(([, objective]) => {
      const values = arms
        .filter((arm) => arm.objective === objective)
        .flatMap(({ figures }) => measured(figures, measure) ?? []);
      return values.length === 0 ? '–' : `${format(mean(values), measure)} ± ${format(deviation(values), measure)}`;
    }),
  ]);
  return markdown(['', ...columns.map(([title]) => title)], rows);
}

/** One column a model. */
export function figureTable(
  models: readonly (readonly [title: string, figures: Figures])[],
  measures: readonly Measure[],
): string {
  const rows = measures.map((measure) => [
    measure.title,
    ...models.map(([, figures]) => {
      const value = measured(figures, measure);
      return value === undefined ? '–' : format(value, measure);
    }),
  ]);
  return markdown(['', ...models.map(([title]) => title)], rows);
}

function format(value: number, { form }: Measure): string {
  return form === 'share' ? `${(100 * value).toFixed(1)} %` : value.toFixed(2);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample: n − 1 in the denominator; 0 of a single value. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
