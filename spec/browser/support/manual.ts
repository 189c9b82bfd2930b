import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One thing that a step of a page of the documentation has its reader do or see. */
export type Act =
  | { readonly kind: 'press'; readonly name: string }
  | { readonly kind: 'fill'; readonly field: string }
  | { readonly kind: 'see'; readonly text: string }
  | { readonly kind: 'run'; readonly command: string };

/** A numbered step: whose it is, and what is done, in its order. */
export interface Step {
  readonly heading: string;
  readonly who: string;
  readonly acts: readonly Act[];
}

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const HEADING = /^### (\d+\. (\w+): .+)$/;
const ACT =
  /\*\*(?<press>[^*]+)\*\*|(?<![\w_])_(?<fill>[^_]+)_(?![\w_])|“(?<see>[^“”]+)”|^npx footbridge (?<run>.+)$/gm;

/** The numbered steps of a page in `docs/`, as its reader finds them: **pressed**, _filled in_, “seen”, or a command. */
export async function stepsOf(page: string): Promise<readonly Step[]> {
  const text = await readFile(DOCS + page, 'utf8');
  const [, chapter = ''] = text.split(/^## .+$/m);
  return chapter.split(/^(?=### )/m).flatMap((part) => {
    const [first = '', ...rest] = part.split('\n');
    const [, heading = '', who = ''] = HEADING.exec(first) ?? [];
    return heading === '' ? [] : [{ heading, who, acts: actsOf(rest.join('\n')) }];
  });
}

function actsOf(text: string): Act[] {
  return [...text.matchAll(ACT)].map(({ groups = {} }) => {
    // Lines are wrapped where they are full.
    const words = (part: string | undefined): string => (part ?? '').replace(/\s+/g, ' ');
    if (groups['press'] !== undefined) return { kind: 'press', name: words(groups['press']) };
    if (groups['fill'] !== undefined) return { kind: 'fill', field: words(groups['fill']) };
    if (groups['see'] !== undefined) return { kind: 'see', text: words(groups['see']) };
    return { kind: 'run', command: groups['run'] ?? '' };
  });
}
