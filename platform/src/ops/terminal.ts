import { styleText } from 'node:util';

type Cell = string | number | Date | null | undefined;

/** Columns as wide as their widest cell; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], now = new Date()): string {
  const texts = rows.map((row) => row.map((cell) => textOf(cell, now)));
  const widths = headings.map((heading, column) => Math.max(heading.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], isNumber: (column: number) => boolean) =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const numeric = (column: number) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number');
  return [styleText('bold', line(headings, numeric)), ...texts.map((row) => line(row, numeric))].join('\n');
}

function textOf(cell: Cell, now: Date): string {
  if (cell === null || cell === undefined || cell === '') return '–';
  return cell instanceof Date ? ago(cell, now) : String(cell);
}

function ago(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1_000;
  return seconds < 0 ? `in ${duration(-seconds)}` : `${duration(seconds)} ago`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
