/** What was seen at each step of one column of the matrix, in order. */
export class Outcomes {
  readonly seen = new Map<string, string>();

  /** Takes down what a step showed. A step is taken once. */
  note(step: string, outcome: string): void {
    if (this.seen.has(step)) throw new Error(`the step “${step}” was taken twice`);
    this.seen.set(step, outcome);
  }
}
