import type { Account } from '../../../accounts/index.js';
import type { QueueSums } from '../../../deliveries/index.js';
import { foldEmail, invalid, statusOf, type Email, type Failure } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow } from '../../door/door.js';
import { halfOf } from './doctor-pages.js';
import type { Resident } from '../frame/entries.js';
import { form, type Visit } from '../frame/form.js';
import { addressField, attempt, checkedField, required, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_NAME, BY_NEWS, nameWishOf, pagerOf, pageWishOf, type Pager } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import type { ListedShare } from '../../../shares/index.js';
import { incomingModel, outgoingModel } from '../sharing/shares-pages.js';
import { isOver } from '../sharing/share-words.js';
import { manyNumber, manyWords, timeWords, sizeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/overview': ReturnType<typeof queueModel> &
      Awaited<ReturnType<typeof countAll>> & { readonly isTrial: boolean };
    'admin/people': {
      readonly added: { readonly name: string; readonly link: string } | undefined;
      readonly typed: { readonly name: string; readonly email: string };
      readonly refused: string | undefined;
      readonly people: readonly ReturnType<typeof personModel>[];
      readonly from: string;
      readonly pager: Pager;
    };
    'admin/shares': {
      readonly recipient: string;
      readonly shares: readonly ReturnType<typeof shareModel>[];
      readonly pager: Pager;
    };
  }
}

type Services = Pick<
  PageServices,
  'accounts' | 'passwordLinks' | 'peers' | 'clients' | 'shareLists' | 'endings' | 'care' | 'remember'
>;

/** The administrator's pages about people and shares; peers and apps have files of their own. */
export function adminRows(kit: PageKit, services: Services): AnyRow[] {
  return [overviewRow(kit, services), ...peopleRows(kit, services), ...shareRows(kit, services)];
}

function overviewRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/admin',
    summary: 'The administrator’s overview.',
    body: NO_BODY,
    enter: kit.entries.administrator,
    handle: async ({ http, caller }, response) => {
      // Counting ten thousand rows of each kind costs more than all the rest of the page.
      const counted = await services.remember('overview', () => countAll(services));
      const queue = await services.care.queue.sums();
      kit.show(http, response, caller.person, {
        template: 'admin/overview',
        title: 'Administration',
        section: 'admin',
        model: { isTrial: kit.isTrial, ...counted, ...queueModel(queue) },
      });
    },
  });
}

/** What the database alone tells of, in words. */
async function countAll({ accounts, peers, clients, shareLists }: Services) {
  const [people, trusted, apps, shares] = await Promise.all([
    accounts.count(),
    peers.lists.counts(),
    clients.count(),
    shareLists.counts(),
  ]);
  return {
    people: manyWords(people, 'person', 'people'),
    peers: manyWords(trusted.all, 'peer'),
    blocked: trusted.blocked,
    insecure: trusted.insecure,
    apps: manyWords(apps, 'app'),
    shares: manyWords(shares.open, 'share'),
    stuck: shares.accepted,
  };
}

/** How many messages do not arrive, and since when. */
function queueModel({ waiting, failing, failed, troubleSince }: QueueSums) {
  return {
    waiting: manyWords(waiting + failing, 'message'),
    failing: failing === 0 ? undefined : manyNumber(failing),
    failed: failed === 0 ? undefined : manyNumber(failed),
    troubleSince: troubleSince === undefined ? undefined : timeWords(troubleSince),
  };
}

const PEOPLE = '/admin/people';

function peopleRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  const { accounts } = services;
  return [
    row<Resident>({
      method: 'GET',
      path: PEOPLE,
      summary: 'Lists the people of this cloud.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async (request, response) => showPeople(kit, services, { request, response }),
    }),
    addPerson(kit, services),
    personForm(kit, services, 'disable', async (email, { person }) => {
      // Identified by account, because an address has many spellings, and a person several addresses.
      if ((await accounts.byEmail(email))?.id === person.id) throw invalid('You cannot disable your own account.');
      await accounts.disable(email);
      return `${email} can no longer sign in; their shares have ended.`;
    }),
    personForm(kit, services, 'enable', async (email) => {
      await accounts.enable(email);
      return `${email} can sign in again.`;
    }),
  ];
}

function personForm(
  kit: PageKit,
  services: Services,
  verb: 'disable' | 'enable',
  act: (email: Email, caller: Resident) => Promise<string>,
): AnyRow {
  return form(kit, {
    path: `${PEOPLE}/${verb}`,
    summary: `Lets an administrator ${verb} a person.`,
    from: kit.entries.administrator,
    recent: PEOPLE,
    fields: { email: addressField },
    act: async ({ email }, { request }) => ({ to: PEOPLE, say: await act(email, request.caller) }),
    again: (visit, refused) => showPeople(kit, services, visit, { refused }),
  });
}

function addPerson(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: PEOPLE,
    summary: 'Adds a person and shows the link with which they choose a password.',
    from: kit.entries.administrator,
    recent: PEOPLE,
    fields: { email: addressField, name: required('The name'), admin: checkedField },
    act: async ({ email, name, admin }, visit) => {
      const account = await services.accounts.add(email, name, { admin });
      const token = await services.passwordLinks.issue(account.id);
      // The link is shown in the answer to the POST and nowhere else: it is not stored and cannot be read back (ADM-02).
      const link = new URL(`/account/password/${token}`, kit.publicUrl).href;
      return { show: () => showPeople(kit, services, visit, { added: { name: account.name, link } }) };
    },
    again: (visit, failure) => showPeople(kit, services, visit, { failure }),
  });
}

/** What the page of people shows besides the list: a new person's link, or why something was refused. */
interface PeopleOutcome {
  /** Why nobody was added. */
  readonly failure?: Failure;
  /** Why somebody who is there was not changed. */
  readonly refused?: Failure;
  readonly added?: { readonly name: string; readonly link: string };
}

async function showPeople(
  kit: PageKit,
  { accounts }: Services,
  { request, response }: Pick<Visit<Resident>, 'request' | 'response'>,
  { failure, refused, added }: PeopleOutcome = {},
): Promise<void> {
  const { http, caller, form: sent, query } = request;
  const page = await accounts.page(nameWishOf(query, (text) => foldEmail(text as Email)));
  const typed =
    added === undefined && refused === undefined
      ? { name: textField(sent, 'name'), email: textField(sent, 'email') }
      : { name: '', email: '' };
  kit.show(http, response, caller.person, {
    template: 'admin/people',
    title: 'People',
    section: 'admin',
    failure,
    ...(refused && { status: statusOf(refused.code) }),
    model: {
      added,
      typed,
      refused: refused?.message,
      people: page.items.map((account) => personModel(account, caller)),
      from: textField(query, 'from'),
      pager: pagerOf(page, PEOPLE, BY_NAME),
    },
  });
}

function personModel(account: Account, { person }: Resident) {
  return {
    name: account.name,
    email: account.email,
    isAdmin: account.isAdmin,
    isDisabled: account.disabled,
    isSelf: account.id === person.id,
    used: sizeWords(account.usedBytes),
    quota: account.quota === undefined ? undefined : sizeWords(account.quota),
    since: timeWords(account.createdAt),
  };
}

function shareRows(kit: PageKit, { shareLists, endings }: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/shares',
      summary: 'Lists all shares of this cloud, both directions.',
      body: NO_BODY,
      enter: entries.administrator,
      handle: async ({ http, caller, query }, response) => {
        const recipient = textField(query, 'recipient');
        const asked = recipient === '' ? undefined : recipient;
        const outcome = await attempt(() => shareLists.all(pageWishOf(query, BY_NEWS), asked));
        const failure = outcome.kind === 'refused' ? outcome.failure : undefined;
        const page = outcome.kind === 'refused' ? NOTHING : outcome.result;
        kit.show(http, response, caller.person, {
          template: 'admin/shares',
          title: 'All shares',
          section: 'admin',
          failure,
          model: {
            recipient,
            shares: page.items.map(shareModel),
            pager: pagerOf(page, '/admin/shares', BY_NEWS, { kept: asked === undefined ? {} : { recipient: asked } }),
          },
        });
      },
    }),
    form(kit, {
      path: '/admin/shares/:direction/:id/end',
      summary: 'Ends a share.',
      from: entries.administrator,
      act: async (_typed, { request: { params, caller } }) => {
        const { direction, id } = halfOf(params);
        await endings.half(direction, id, caller.person.id);
        return { to: '/admin/shares', say: 'The share has ended.' };
      },
    }),
  ];
}

const NOTHING = { items: [], unreadable: [], before: undefined, after: undefined } as const;

function shareModel(share: ListedShare) {
  const href = `/admin/shares/${share.direction}/${encodeURIComponent(share.id)}`;
  const base = {
    href,
    endHref: `${href}/end`,
    state: share.state,
    canEnd: !isOver(share),
    changed: timeWords(share.changedAt),
  };
  if (share.direction === 'incoming') {
    const { folder, ownerName, recipient, peerName, permission } = incomingModel(share);
    return { ...base, folder, permission, direction: 'To us', people: `${ownerName} → ${recipient}`, peer: peerName };
  }
  const { folder, recipient, permission } = outgoingModel(share);
  const peer = share.peerName ?? 'not chosen yet';
  return { ...base, folder, permission, direction: 'From us', people: `${share.ownerName} → ${recipient}`, peer };
}
