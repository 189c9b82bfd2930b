import { showName, showText } from '../../kernel/index.js';

/** Where a command's answer goes: standard output for answers, standard error for everything else. */
export interface Output {
  /** A line for people. */
  say(line: string): void;
  /** A line beside the answer, which scripts that read it do not see. */
  warn(line: string): void;
  /** The answer as JSON, for scripts. */
  json(value: unknown): void;
  /** Rows for people, columns aligned. */
  table(rows: readonly Readonly<Record<string, string>>[], whenEmpty: string): void;
}

/** Where lines go as they are: those of the answer, and those beside it. */
export interface Lines {
  readonly answer: (line: string) => void;
  readonly aside: (line: string) => void;
}

/**
 * Output as lines; names of people and clouds can neither control the terminal that shows them nor change its reading
 * direction (F-32).
 */
export function outputTo({ answer, aside }: Lines): Output {
  return {
    say: (line) => answer(showLine(line)),
    warn: aside,
    json: (value) => answer(jsonText(value)),
    table(rows, whenEmpty) {
      for (const line of formatTable(rows, whenEmpty)) answer(line);
    },
  };
}

/** Output of a process: standard output and standard error. */
export const consoleOutput: Output = outputTo({
  answer: (line) => console.log(line),
  aside: (line) => console.error(line),
});

/** A word as a shell takes it: it may come from somebody else, and is pasted into a command line. */
export function shellWord(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A line for people: marks that nobody sees, and line breaks, are written out. */
export function showLine(line: string): string {
  return showText(line).replaceAll('\n', showName('\n'));
}

/** JSON in which marks that nobody sees are escaped: the same for scripts, harmless on a terminal. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (mark) =>
    Array.from({ length: mark.length }, (_, at) => `\\u${mark.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** Lines of a table with a heading; one sentence when there is nothing to show. */
function formatTable(rows: readonly Readonly<Record<string, string>>[], whenEmpty: string): string[] {
  const [first] = rows;
  if (first === undefined) return [whenEmpty];
  const columns = Object.keys(first);
  const cellsOf = (row: Readonly<Record<string, string>>): string[] =>
    columns.map((column) => showName(row[column] ?? ''));
  const lines = rows.map(cellsOf);
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...lines.map((cells) => cells[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...lines.map(line)];
}
