import type { CloudProcess } from '../../spec/support/cloud-process.js';
import { elements, textOf } from '../../spec/support/html.js';
import type { Letter } from '../../spec/support/mailbox.js';
import type { Page } from '../../spec/support/person.js';
import { until } from '../../spec/support/until.js';
import type { Town } from './town.js';
import { shortened, type Step } from './transcript.js';

/** One line of `footbridge share list --json`, as far as the play looks at it. */
interface ShareLine {
  readonly state: string;
  readonly folder: string;
}

/** How a folder's shares stand at a cloud, as its command line tells while it runs. */
async function statesAt(cloud: CloudProcess, folder: string): Promise<string> {
  const lines = await cloud.ask<ShareLine[]>(['share', 'list']);
  const states = lines.filter((line) => line.folder === folder).map(({ state }) => state);
  return `${cloud.name}: ${states.join(', ') || 'nothing yet'}`;
}

/** Checks how a folder's share stands at both clouds; asked until it is so, ten seconds at most. */
export async function expectStates(step: Step, town: Town, folder: string, states: StatePair): Promise<void> {
  const wanted = `Alder: ${states.alder}; Birch: ${states.birch}`;
  let seen = '';
  const isSo = async (): Promise<boolean> => {
    seen = (await Promise.all([statesAt(town.alder, folder), statesAt(town.birch, folder)])).join('; ');
    return seen === wanted;
  };
  await until(wanted, isSo, { deadline: 10_000 }).catch(() => undefined);
  step.check(seen === wanted, seen === wanted ? seen : `${wanted} (but it is ${seen})`);
}

/** How both halves of an agreement stand. */
export interface StatePair {
  readonly alder: string;
  readonly birch: string;
}

/** True when a page came whole and is where it should be. */
export function isAt({ status, url }: Page, cloud: string, path: string): boolean {
  return status === 200 && url.origin === cloud && url.pathname.startsWith(path);
}

/** The paragraph or heading of a page that begins so; else how the page begins. */
export function wordsOf({ document, text }: Page, beginning: string): string {
  const paragraphs = elements(document, 'p', 'h1', 'h2', 'dd').map(textOf);
  return paragraphs.find((words) => words.startsWith(beginning)) ?? text.slice(0, 300);
}

/** A mail in one line, its link shortened. */
export function describeLetter({ from, to, subject }: Letter, link: string): string {
  return `mail from ${from} to ${to.join(', ')}: “${subject}”, ${shortened(link)}`;
}
