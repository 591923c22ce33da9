// Tables as text.

/**
 * Lines of a table whose first `left` columns are aligned to the left, the others to the right.
 *
 * @param rows strings, one for each column.
 */
export function table(columns, rows, { markdown = false, left = 1 } = {}) {
  for (const row of rows) {
    if (row.length !== columns.length) {
      throw new RangeError(`A row should have ${columns.length} columns, received ${row.length}: ${row.join(' | ')}.`);
    }
  }
  const widths = columns.map((_, i) => Math.max(...[columns, ...rows].map((row) => row[i].length)));
  const pad = (cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const line = (row) => {
    const cells = row.map(pad);
    return markdown ? `| ${cells.join(' | ')} |` : cells.join('   ').trimEnd();
  };
  const rule = widths.map((width, i) => {
    if (markdown) return i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
    return '─'.repeat(width);
  });
  return [line(columns), line(rule), ...rows.map(line)];
}
