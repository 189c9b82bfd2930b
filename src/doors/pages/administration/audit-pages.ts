import type { JournalEntry, JournalQuestion } from '../../../doctor/index.js';
import { type Fields } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../door/door.js';
import { peerActWords, shareActWords } from './care-words.js';
import type { Resident } from '../frame/entries.js';
import { textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/audit': {
      readonly filter: { readonly share: string; readonly person: string; readonly peer: string };
      readonly isFiltered: boolean;
      readonly lines: readonly ReturnType<typeof entryModel>[];
      readonly nextHref: string | undefined;
    };
  }
}

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
          template: 'admin/audit',
          title: 'Audit log',
          section: 'admin',
          model: {
            filter: { share: filter.share ?? '', person: filter.person ?? '', peer: filter.peer ?? '' },
            isFiltered: [filter.share, filter.person, filter.peer].some((wish) => wish !== undefined),
            lines: lines.map(entryModel),
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

function entryModel({ at, actor, event, note, share, peer }: JournalEntry) {
  return {
    at: timeWords(at),
    actor,
    what: share === undefined ? peerActWords(event) : shareActWords(event),
    note,
    peer,
    share: share && {
      folder: share.folderName,
      href: `/admin/shares/${share.direction}/${encodeURIComponent(share.id)}`,
      state: share.to,
    },
  };
}
