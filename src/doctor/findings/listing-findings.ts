import { unusableCount, type ListingLoss, type UnusableWhy } from '../../files/index.js';
import { showName } from '../../kernel/index.js';
import type { HalfFacts } from './facts.js';
import { ASK_ADMINISTRATOR, type Finding } from './finding.js';
import { peerName } from './state-findings.js';

/** What is wrong with an entry, after its number. */
const WHY: Readonly<Record<UnusableWhy, string>> = {
  shape: 'no metadata at all',
  id: 'without a usable id',
  name: 'without a usable name',
  kind: 'neither file nor folder',
  parent: 'of another folder',
  size: 'without a size',
  repeat: 'with the id or name of another',
};

/** Which entries of a received folder are missing here, because nobody could tell what they are (ruling F-71). */
export function listingFindings(facts: HalfFacts): Finding[] {
  const { losses } = facts;
  if (losses.length === 0) return [];
  const peer = peerName(facts);
  const lost = losses.reduce((sum, { unusable }) => sum + unusableCount(unusable), 0);
  const closed = losses.filter(({ gaveUp }) => gaveUp).length;
  const entries = lost === 1 ? '1 entry' : `${String(lost)} entries`;
  const given = closed === 0 ? '' : ` ${foldersWords(closed)} cannot be opened for that reason.`;
  return [
    {
      code: 'entries-unusable',
      grade: 'trouble',
      sentence: `${entries} could not be read when the folder was last listed, and cannot be seen here.${given}`,
      detail: losses.map(lossWords).join('; '),
      advice: `Tell the administrator of ${peer} which entries these are: its storage API describes them in a way that cannot be understood. This goes away with the next listing that has none.`,
      forPeople: `The owner can see them at ${peer}. ${ASK_ADMINISTRATOR}`,
      since: Math.min(...losses.map(({ since }) => since)),
    },
  ];
}

function foldersWords(count: number): string {
  return count === 1 ? 'One folder' : `${String(count)} folders`;
}

function lossWords({ name, unusable, gaveUp }: ListingLoss): string {
  const folder = name === undefined ? 'the folder itself' : `“${showName(name)}”`;
  const each = (Object.entries(unusable) as [UnusableWhy, number][]).map(
    ([why, count]) => `${String(count)} ${WHY[why]}`,
  );
  return `${folder}: ${each.join(', ')}${gaveUp ? ', then given up' : ''}`;
}
