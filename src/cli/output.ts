/** Where a command's answer goes: standard output for answers, standard error for everything else. */
export interface Output {
  /** A line for people. */
  say(line: string): void;
  /** The answer as JSON, for scripts. */
  json(value: unknown): void;
  /** Rows for people, columns aligned. */
  table(rows: readonly Readonly<Record<string, string>>[], whenEmpty: string): void;
}

/** Output on the console. */
export const consoleOutput: Output = {
  say: (line) => {
    console.log(line);
  },
  json: (value) => {
    console.log(JSON.stringify(value, undefined, 2));
  },
  table: (rows, whenEmpty) => {
    for (const line of formatTable(rows, whenEmpty)) console.log(line);
  },
};

/** Lines of a table with a heading; one sentence when there is nothing to show. */
function formatTable(rows: readonly Readonly<Record<string, string>>[], whenEmpty: string): string[] {
  const [first] = rows;
  if (first === undefined) return [whenEmpty];
  const columns = Object.keys(first);
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...rows.map((row) => line(columns.map((column) => row[column] ?? '')))];
}
