import type { JournalLine, JournalQuestion } from '../../doctor/index.js';
import { displayText, type Fields } from '../../kernel/index.js';
import { row, type AnyRow } from '../door.js';
import { peerActWords, shareActWords } from './care-words.js';
import type { Resident } from './entries.js';
import { NO_BODY, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { timeWords } from './words.js';

/** Lines on one page. */
const PAGE = 50;

/** The administrator's page of who did what to which share, and to which peer. */
export function auditRows(kit: PageKit, { care }: Pick<PageServices, 'care'>): AnyRow[] {
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/audit',
      summary: 'Lists who did what to which share and which peer, newest first.',
      body: NO_BODY,
      enter: kit.entries.administrator,
      handle: async ({ http, caller, query }, response) => {
        const filter = filterOf(query);
        const { lines, next } = await care.journal.page({ ...filter, limit: PAGE });
        kit.show(http, response, caller.person, {
          ...{ template: 'admin/audit', title: 'Audit log', section: 'admin' },
          model: {
            filter: { share: filter.share ?? '', person: filter.person ?? '', peer: filter.peer ?? '' },
            isFiltered: [filter.share, filter.person, filter.peer].some((wish) => wish !== undefined),
            lines: lines.map(lineModel),
            nextHref: next === undefined ? undefined : hrefOf(filter, next),
          },
        });
      },
    }),
  ];
}

type Filter = Pick<JournalQuestion, 'share' | 'person' | 'peer' | 'before'>;

function filterOf(query: Fields): Filter {
  const wish = (name: string): string | undefined => textField(query, name).slice(0, 200) || undefined;
  return { share: wish('share'), person: wish('person'), peer: wish('peer'), before: wish('before') };
}

function hrefOf({ share, person, peer }: Filter, before: string): string {
  const wishes = { share, person, peer, before };
  const given = Object.entries(wishes).filter((wish): wish is [string, string] => wish[1] !== undefined);
  return `/admin/audit?${new URLSearchParams(given).toString()}`;
}

function lineModel({ at, actor, event, note, share, peer }: JournalLine): object {
  return {
    at: timeWords(at),
    actor: displayText(actor),
    what: share === undefined ? peerActWords(event) : shareActWords(event),
    note: displayText(note),
    peer: peer === undefined ? undefined : displayText(peer),
    folder: share === undefined ? undefined : displayText(share.folderName),
    shareHref: share === undefined ? undefined : `/admin/shares/${share.direction}/${encodeURIComponent(share.id)}`,
    state: share?.to,
  };
}
