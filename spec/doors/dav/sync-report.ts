import { expect } from 'vitest';
import { elementsIn, textOf } from '../../../src/webdav/index.js';
import { xmlOf, type DavProgram } from './dav-story.js';

/** The body of a `sync-collection` that asks for tags; `more` goes into it. */
export const bodyOf = (token: string, level = 'infinite', more = '') =>
  `<d:sync-collection xmlns:d="DAV:"><d:sync-token>${token}</d:sync-token><d:sync-level>${level}</d:sync-level>${more}<d:prop><d:getetag/></d:prop></d:sync-collection>`;

/** The element by which no more than so many are asked for. */
export const limited = (count: number) => `<d:limit><d:nresults>${String(count)}</d:nresults></d:limit>`;

/** What one report told: each address with `tag`, or with the status that it was told with. */
export interface Synced {
  readonly told: ReadonlyMap<string, string>;
  readonly token: string;
}

/** Asks for a report; throws where it is refused. */
export async function sync(program: DavProgram, path: string, body: string): Promise<Synced> {
  const { status, text } = await program.call('REPORT', path, { body });
  if (status !== 207) throw new Error(`REPORT ${path}: ${String(status)} ${text}`);
  const told = new Map<string, string>();
  let token = '';
  for (const element of elementsIn(await xmlOf(text))) {
    if (element.name === 'sync-token') token = textOf(element);
    else {
      const [href, second] = elementsIn(element);
      const what = second?.name === 'status' ? (textOf(second).split(' ')[1] ?? '') : 'tag';
      const at = href === undefined ? '' : textOf(href);
      expect(told.has(at)).toBe(false);
      told.set(at, what);
    }
  }
  return { told, token };
}
