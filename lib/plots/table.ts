import { drawing } from './drawing';
import type { Annotation, Figure, Shape } from './figure';

const [ROW, WIDTH] = [28, 640];

/**
 * A small table: one row for each object, one column for each of its names. Numbers stand to the right.
 *
 * @throws RangeError when there are no rows, or a row lacks what the first has.
 */
export function plotTable<Row extends { [Name in keyof Row]: string | number }>(
  objects: readonly Row[],
  title = 'Table',
): Figure {
  const rows: readonly Record<string, string | number>[] = objects;
  if (rows.length === 0) throw new RangeError('A table should have at least one row, received none.');
  const names = Object.keys(rows[0]);
  for (const [i, row] of rows.entries()) {
    const missing = names.find((name) => !['number', 'string'].includes(typeof row[name]));
    if (missing !== undefined) {
      throw new RangeError(`Row ${i} should have a number or a text as '${missing}', received ${row[missing]}.`);
    }
  }
  const pitch = WIDTH / names.length;
  const height = (rows.length + 1) * ROW + 4;
  const cell = (value: string | number, column: number, row: number): Annotation => {
    const isNumber = typeof rows[0][names[column]] === 'number';
    const text = typeof value === 'number' ? numberText(value) : value;
    const x = isNumber ? (column + 1) * pitch - 12 : column * pitch + 12;
    const font = { size: row === 0 ? 11 : 13 };
    return { text, x, y: (row + 0.5) * ROW, xanchor: isNumber ? 'right' : 'left', font };
  };
  const lines: Shape[] = [ROW, height - 2].map((y) => ({
    ...{ type: 'line', x0: 0, x1: WIDTH, y0: y, y1: y, line: { color: '#9aa7b8', width: 1 } },
  }));
  const cells = [names, ...rows.map((row) => names.map((name) => row[name]))].flatMap((values, row) =>
    values.map((value, column) => cell(value, column, row)),
  );
  const words = rows.map((row) => names.map((name) => `${name} ${row[name]}`).join(', ')).join('; ');
  return drawing({ width: WIDTH, height, title }, lines, cells, `${title}: ${words}.`);
}

/** Whole numbers with commas; others with six digits that count. */
const numberText = (value: number) =>
  Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(6)));
