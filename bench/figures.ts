/** One line of the report. */
export interface Line {
  readonly what: string;
  readonly ours: string;
  readonly reference: string;
  /** The value that is compared with the bound; undefined for lines that only inform. */
  readonly figure: number | undefined;
  readonly unit: string;
  /** Shown beside the figure: the bound that must hold, and the goal. */
  readonly bound: string;
  readonly holds: boolean | undefined;
}

/** The middle of the values; the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a part (0 to 1) of the values lies, interpolated. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

/** A line for a ratio of ours to the reference that must reach a bound. */
export function ratioLine(
  what: string,
  sides: { readonly ours: number; readonly reference: number },
  target: { readonly least: number; readonly aim: number },
  show: (value: number) => string,
): Line {
  const figure = sides.ours / sides.reference;
  const bound = `>= ${String(target.least)}, aim ${String(target.aim)}`;
  const shown = { ours: show(sides.ours), reference: show(sides.reference) };
  return { what, ...shown, figure, unit: 'x', bound, holds: figure >= target.least };
}

/** A line for a ratio that only informs. */
export function infoLine(
  what: string,
  { ours, reference }: { readonly ours: number; readonly reference: number },
  show: (value: number) => string,
): Line {
  const shown = { ours: show(ours), reference: show(reference) };
  return { what, ...shown, figure: ours / reference, unit: 'x', bound: '', holds: undefined };
}

/** A line for a figure that must stay below a bound. */
export function limitLine(what: string, figure: number, limit: number, unit: string, ours = ''): Line {
  return { what, ours, reference: '', figure, unit, bound: `< ${String(limit)} ${unit}`, holds: figure < limit };
}

export const MEBI = 1024 * 1024;

/** Bytes per second in words. */
export function rate(bytesPerSecond: number): string {
  return `${(bytesPerSecond / MEBI).toFixed(0)} MiB/s`;
}

/** The report as a table. */
export function formatReport(lines: readonly Line[]): string {
  const rows = [['measurement', 'ours', 'reference', 'figure', 'bound', ''], ...lines.map(cells)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells({ what, ours, reference, figure, unit, bound, holds }: Line): string[] {
  const shown = figure === undefined ? '' : `${figure.toFixed(2)} ${unit}`;
  return [what, ours, reference, shown, bound, holds === undefined ? '' : holds ? 'holds' : 'MISSED'];
}
