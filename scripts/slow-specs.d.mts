interface Report {
  readonly testResults: readonly { readonly name: string; readonly startTime: number; readonly endTime: number }[];
}

interface Time {
  readonly file: string;
  readonly seconds: number;
}

/** Files that may take longer than others, from the root of the repository. */
export const DECLARED: ReadonlySet<string>;
export function timesOf(report: Report, root: string): Time[];
export function tableOf(times: readonly Time[], rows?: number): string;
export function undeclared(times: readonly Time[]): Time[];
