import type { Response } from 'express';
import type { Account } from '../../accounts/index.js';
import type { QueueCount } from '../../deliveries/index.js';
import { parseEmail, statusOf, type Failure } from '../../kernel/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import { halfOf } from './doctor-pages.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, checkedField, leadTo, requiredField, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { ListedShare, PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { incomingModel, outgoingModel } from './shares-pages.js';
import { isOver } from './share-words.js';
import { countWords, dayWords, sizeWords, timeWords } from './words.js';

type Services = Pick<PageServices, 'accounts' | 'passwordLinks' | 'peers' | 'clients' | 'shareAdministration' | 'care'>;

/** The administrator's pages about people and shares; peers and apps have files of their own. */
export function adminRows(kit: PageKit, services: Services): AnyRow[] {
  return [overviewRow(kit, services), ...peopleRows(kit, services), ...shareRows(kit, services)];
}

function overviewRow(kit: PageKit, { accounts, peers, clients, shareAdministration, care }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/admin',
    summary: 'The administrator’s overview.',
    body: NO_BODY,
    enter: kit.entries.administrator,
    handle: async ({ http, caller }, response) => {
      const [people, trusted, apps, shares, queue] = await Promise.all([
        accounts.list(),
        peers.list(),
        clients.list(),
        shareAdministration.shares(),
        care.queue.counts(),
      ]);
      const model = {
        isTrial: kit.isTrial,
        people: countWords(people.length, 'person', 'people'),
        peers: countWords(trusted.length, 'peer'),
        blocked: trusted.filter(({ blocked }) => blocked).length,
        insecure: trusted.filter((peer) => peer.allowUnsigned || peer.credentialsByGet).length,
        apps: countWords(apps.length, 'app'),
        shares: countWords(shares.filter((share) => !isOver(share)).length, 'share'),
        stuck: shares.filter((share) => share.state === 'accepted').length,
        ...queueModel(queue),
      };
      kit.show(http, response, caller.person, {
        template: 'admin/overview',
        title: 'Administration',
        section: 'admin',
        model,
      });
    },
  });
}

/** How many messages do not arrive, and since when. */
function queueModel(counts: readonly QueueCount[]): object {
  const sum = (of: (count: QueueCount) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const failing = sum((count) => count.failing);
  const since = Math.min(...counts.map(({ troubleSince }) => troubleSince ?? Infinity));
  return {
    waiting: countWords(sum((count) => count.waiting) + failing, 'message'),
    failing,
    failed: sum((count) => count.failed),
    troubleSince: since === Infinity ? undefined : timeWords(since),
  };
}

function peopleRows(kit: PageKit, services: Services): AnyRow[] {
  const { entries } = kit;
  const { accounts } = services;
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/people',
      summary: 'Lists the people of this cloud.',
      body: NO_BODY,
      enter: entries.recent(entries.administrator),
      handle: async (request, response) => showPeople(kit, services, request, response),
    }),
    row<Resident>({
      method: 'POST',
      path: '/admin/people',
      summary: 'Adds a person and shows the link with which they choose a password.',
      body: FORM,
      enter: entries.recent(entries.posted(entries.administrator), '/admin/people'),
      handle: async (request, response) => addPerson(kit, services, request, response),
    }),
    personForm(kit, 'disable', async (request) => {
      const email = parseEmail(requiredField(request.form, 'email', 'The address'));
      if (email === request.caller.person.email) return 'You cannot disable your own account.';
      await accounts.disable(email);
      return `${email} can no longer sign in; their shares have ended.`;
    }),
    personForm(kit, 'enable', async ({ form }) => {
      const email = parseEmail(requiredField(form, 'email', 'The address'));
      await accounts.enable(email);
      return `${email} can sign in again.`;
    }),
  ];
}

function personForm(
  kit: PageKit,
  verb: 'disable' | 'enable',
  act: (request: DoorRequest<Resident>) => Promise<string>,
): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'POST',
    path: `/admin/people/${verb}`,
    summary: `Lets an administrator ${verb} a person.`,
    body: FORM,
    enter: entries.recent(entries.posted(entries.administrator), '/admin/people'),
    handle: async (request, response) => {
      const text = await act(request);
      leaveNotice(request.http, { kind: 'done', text });
      leadTo(response, '/admin/people');
    },
  });
}

async function addPerson(
  kit: PageKit,
  services: Services,
  request: DoorRequest<Resident>,
  response: Response,
): Promise<void> {
  const { form } = request;
  const outcome = await attempt(async () => {
    const email = parseEmail(requiredField(form, 'email', 'The address'));
    const name = requiredField(form, 'name', 'The name');
    const account = await services.accounts.add(email, name, { admin: checkedField(form, 'admin') });
    return { account, token: await services.passwordLinks.issue(account.id) };
  });
  if (outcome.kind === 'refused') {
    await showPeople(kit, services, request, response, { failure: outcome.failure });
    return;
  }
  const { account, token } = outcome.result;
  // The link is shown in the answer to the POST and nowhere else: it is not stored and cannot be read back (ADM-02).
  const link = new URL(`/account/password/${token}`, kit.publicUrl).href;
  await showPeople(kit, services, request, response, { added: { name: account.name, link } });
}

async function showPeople(
  kit: PageKit,
  { accounts }: Services,
  { http, caller, form }: DoorRequest<Resident>,
  response: Response,
  outcome: { readonly failure?: Failure; readonly added?: { readonly name: string; readonly link: string } } = {},
): Promise<void> {
  const { failure, added } = outcome;
  const people = (await accounts.list()).map((account) => personModel(account, caller));
  const typed =
    added === undefined ? { name: textField(form, 'name'), email: textField(form, 'email') } : { name: '', email: '' };
  kit.show(http, response, caller.person, {
    ...{ template: 'admin/people', title: 'People', section: 'admin' },
    model: { people, added, typed, message: failure?.message },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

function personModel(account: Account, { person }: Resident): object {
  return {
    name: account.name,
    email: account.email,
    isAdmin: account.isAdmin,
    isDisabled: account.disabled,
    isSelf: account.id === person.id,
    used: sizeWords(account.usedBytes),
    quota: account.quota === undefined ? undefined : sizeWords(account.quota),
    since: dayWords(account.createdAt),
  };
}

function shareRows(kit: PageKit, { shareAdministration }: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'GET',
      path: '/admin/shares',
      summary: 'Lists all shares of this cloud, both directions.',
      body: NO_BODY,
      enter: entries.administrator,
      handle: async ({ http, caller }, response) => {
        const shares = [...(await shareAdministration.shares())]
          .sort((a, b) => b.changedAt - a.changedAt)
          .map(shareModel);
        kit.show(http, response, caller.person, {
          template: 'admin/shares',
          title: 'All shares',
          section: 'admin',
          model: { shares },
        });
      },
    }),
    row<Resident>({
      method: 'POST',
      path: '/admin/shares/:direction/:id/end',
      summary: 'Ends a share.',
      body: FORM,
      enter: entries.posted(entries.administrator),
      handle: async ({ http, caller, params }, response) => {
        const { direction, id } = halfOf(params);
        await shareAdministration.endShare(direction, id, caller.person.id);
        leaveNotice(http, { kind: 'done', text: 'The share has ended.' });
        leadTo(response, '/admin/shares');
      },
    }),
  ];
}

function shareModel(share: ListedShare): object {
  const href = `/admin/shares/${share.direction}/${encodeURIComponent(share.id)}`;
  const base = {
    href,
    endHref: `${href}/end`,
    state: share.state,
    canEnd: !isOver(share),
    changed: dayWords(share.changedAt),
  };
  if (share.direction === 'incoming') {
    const { folder, ownerName, recipient, peerName, permission } = incomingModel(share);
    return { ...base, folder, permission, direction: 'To us', people: `${ownerName} → ${recipient}`, peer: peerName };
  }
  const { folder, recipient, permission } = outgoingModel(share);
  const peer = share.peerName ?? 'not chosen yet';
  return { ...base, folder, permission, direction: 'From us', people: `${share.ownerName} → ${recipient}`, peer };
}
