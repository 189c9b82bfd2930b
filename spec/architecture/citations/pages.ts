import path from 'node:path';
import { filesBelow, read } from './sources.js';

/** Families of words that look like ids and are none of ours. */
const OTHERS = /^(?:UTF|ISO)-/;

/** What is cited by its id: a row of a table, or a rule of the ground rules. `K` and `G` have no dash. */
const ID = /\b(?:[A-Z][A-Z0-9]{0,3}-\d{2}|[GK]\d{1,2})\b(?!-)/g;

/** Every id that a text names. */
export function idsIn(text: string): string[] {
  return [...text.matchAll(ID)].map(([id]) => id).filter((id) => !OTHERS.test(id));
}

/** One row or rule that has an id. */
export interface Defined {
  readonly id: string;
  readonly page: string;
  /** What the row says beside its id. */
  readonly text: string;
}

const DEFINITION = /^(?:\| (?=\S+ \|)|- )([A-Z][A-Z0-9]{0,3}-\d{2}|[GK]\d{1,2}) (.*)$/gm;

/** Everything that the documents define under an id, in the order in which it stands there. */
export function definitions(): Defined[] {
  return filesBelow(['docs'], ['.md']).flatMap((page) =>
    [...read(page).matchAll(DEFINITION)].map(([, id = '', text = '']) => ({ id, page, text })),
  );
}

/** A document whose parts comments cite. */
export class Cited {
  readonly #text: string;

  constructor(page: string) {
    this.#text = read(page).replaceAll('`', '');
  }

  /** The text below a heading `## 10. …` or `### 10.2 …`, with all that is below it; undefined when there is none. */
  section(number: string): string | undefined {
    const heading = new RegExp(`^(#+) ${number.replaceAll('.', '\\.')}[. ].*$`, 'm').exec(this.#text);
    if (heading === null) return undefined;
    const rest = this.#text.slice(heading.index + heading[0].length);
    const next = new RegExp(`^#{1,${String(heading[1]?.length ?? 1)}} `, 'm').exec(rest);
    return heading[0] + (next === null ? rest : rest.slice(0, next.index));
  }

  /** The whole of it, for words that are cited without a section. */
  get whole(): string {
    return this.#text;
  }
}

/** The documents that are cited by the name of their file, from the contracts and the design pages. */
export function citedPages(): Map<string, Cited> {
  const pages = filesBelow(['docs/contracts', 'docs/design'], ['.md']).filter((page) => !page.endsWith('README.md'));
  return new Map(pages.map((page) => [path.basename(page), new Cited(page)]));
}

/** True when a step, defect or item of this number is listed in a text: as an item of a list, or in a row. */
export function lists(text: string, number: string): boolean {
  return new RegExp(`^(?:${number}\\. |\\| ${number} \\|)`, 'm').test(text);
}
