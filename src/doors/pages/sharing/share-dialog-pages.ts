import type { Response } from 'express';
import {
  firstField,
  invalid,
  notFound,
  splitEntries,
  type AccountId,
  type Clock,
  type Email,
  type Failure,
  type Fields,
} from '../../../kernel/index.js';
import { readRecipient } from '../../../federation/index.js';
import type { Item } from '../../../files/index.js';
import type { ListPage } from '../../../platform/index.js';
import {
  parseComment,
  type Member,
  type Openers,
  type OutgoingView,
  type ShareOutcome,
  type ShareResult,
} from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import { requestFor, type NamedShare } from '../../door/named-people.js';
import type { Resident } from '../frame/entries.js';
import { crumbsOf, folderHref, type Crumb } from '../files/files-model.js';
import { form } from '../frame/form.js';
import { itemParam, requiredField, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { BY_JOINING, BY_NEWS, pagerOf, pageWishOf } from '../frame/pager.js';
import type { PageServices } from '../frame/services.js';
import { dayField, INVITATION_DAYS, lastDayField, permissionField, waitField } from './share-terms.js';
import { againHref, isWaiting, mailWords, outgoingStanding } from './share-words.js';
import { countWords, timeWords, permissionName } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'files/share': ReturnType<typeof dialogModel> & {
      readonly crumbs: readonly Crumb[];
      readonly today: string;
      readonly mostDays: number;
      readonly typed: Omit<ReturnType<typeof typedFields>, 'comment'> & { readonly comment: string | undefined };
    };
  }
}

type Services = Pick<PageServices, 'tree' | 'sharing' | 'recipients'>;

const MOST_ADDRESSES = 50;

/** The dialog in which an owner shares a folder, sees who is in, and takes it back. */
export function shareDialogRows(kit: PageKit, services: Services): AnyRow[] {
  return [dialogRow(kit, services), shareRow(kit, services), unshareRow(kit, services)];
}

function dialogRow(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/files/folder/:id/share',
    summary: 'Shows who can open a folder, and the form to share it.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => showDialog(kit, services, request, response),
  });
}

function shareRow(kit: PageKit, services: Services): AnyRow {
  return form(kit, {
    path: '/files/folder/:id/share',
    summary: 'Shares a folder with addresses here and abroad.',
    from: kit.entries.resident,
    about: async ({ params }) => itemParam(params),
    read: (sent) => offerOf(sent, kit.clock),
    act: async ({ entries, ...terms }, { request: { caller }, about: id }) => {
      const named = await services.recipients.sort(caller.person.id, entries);
      const [why] = named.refused;
      if (why !== undefined) throw invalid(why);
      const result = await services.sharing.share(caller.person.id, id, requestFor(named, terms));
      return { to: `/files/folder/${id}/share`, say: sharedWords(result) };
    },
    again: ({ request, response }, failure) => showDialog(kit, services, request, response, failure),
  });
}

function unshareRow(kit: PageKit, { sharing }: Services): AnyRow {
  return form(kit, {
    path: '/files/folder/:id/unshare',
    summary: 'Takes a folder back from somebody.',
    from: kit.entries.resident,
    about: async ({ params }) => itemParam(params),
    fields: { email: recipientField },
    act: async ({ email }, { request: { caller }, about: id }) => {
      await sharing.unshare(caller.person.id, id, [email]);
      return { to: `/files/folder/${id}/share`, say: `${email} can no longer open this folder.` };
    },
  });
}

/** Somebody of the list, by e-mail address or at a server. */
function recipientField(form: Fields, name: string): Email {
  const address = readRecipient(requiredField(form, name, 'The address'));
  if (address === undefined) throw invalid('Choose somebody in the list.');
  return address;
}

/** Reads the share form. The expiry is the end of the chosen day, UTC. */
function offerOf(form: Fields, clock: Clock): NamedShare {
  const entries = splitEntries(firstField(form, 'addresses') ?? '');
  if (entries.length === 0) throw invalid('Type at least one address.');
  if (entries.length > MOST_ADDRESSES) throw invalid(`Share with at most ${String(MOST_ADDRESSES)} addresses at once.`);
  const comment = parseComment(textField(form, 'comment'));
  const expiresAt = lastDayField(form, clock);
  const invitationLife = waitField(form);
  return {
    entries,
    permission: permissionField(form),
    ...(comment !== '' && { comment }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(invitationLife !== undefined && { invitationLife }),
  };
}

/** The result for everybody who was named, one sentence for each kind of result. */
function sharedWords({ members, proposals, disabled }: ShareResult): string {
  const parts = [
    [namesOf(members, 'new'), (names: string) => `${names} can open it now.`],
    [
      namesOf(
        proposals.filter(({ at }) => at === undefined),
        'new',
      ),
      (names: string, count: number) => `${countWords(count, 'invitation')} on the way to ${names}.`,
    ],
    [
      proposals.flatMap(({ at, email, outcome }) => (at === undefined || outcome !== 'new' ? [] : `${email} at ${at}`)),
      (names: string) => `Offered there, without a letter: ${names}.`,
    ],
    [
      [...namesOf(members, 'changed'), ...namesOf(proposals, 'changed')],
      (names: string) => `Changed for ${names}, as you said it now.`,
    ],
    [
      [...namesOf(members, 'kept'), ...namesOf(proposals, 'kept')],
      (names: string) => `Nothing changes for ${names}: they have it on these terms already.`,
    ],
    [
      disabled.map(({ name }) => name),
      (names: string) => `Nothing was shared with ${names}: their account here is disabled. Ask your administrator.`,
    ],
  ] as const;
  const told = parts
    .filter(([names]) => names.length > 0)
    .map(([names, words]) => words(names.join(', '), names.length));
  return told.length === 0 ? 'Everybody you named can open it already.' : told.join(' ');
}

function namesOf(
  people: readonly { readonly name?: string; readonly email: Email; readonly outcome: ShareOutcome }[],
  outcome: ShareOutcome,
): string[] {
  return people.filter((one) => one.outcome === outcome).map(({ name, email }) => name ?? email);
}

async function showDialog(
  kit: PageKit,
  { tree, sharing }: Services,
  request: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { caller, params, http, form: sent, query } = request;
  const folder = await tree.stat(caller.principal, itemParam(params));
  if (folder.kind !== 'folder') throw notFound();
  const [lists, again, crumbs] = await Promise.all([
    listsOf(sharing, caller, folder, query),
    sharing.outgoingOne(caller.person.id, textField(query, 'again')),
    crumbsOf(tree, caller.principal, folder),
  ]);
  const isAgain = failure === undefined && again?.folderId === folder.id;
  const model = {
    ...dialogModel(folder, lists, caller),
    crumbs,
    today: dayField(kit.clock.now()),
    mostDays: INVITATION_DAYS.most,
    typed: { ...typedFields(sent), ...(isAgain && prefilled(again, kit.clock)) },
  };
  kit.show(http, response, caller.person, {
    template: 'files/share',
    title: `Share ${folder.name}`,
    section: 'files',
    model,
    failure,
  });
}

/** Each list of the dialog, with pages of its own. */
interface DialogLists {
  readonly openers: Openers;
  readonly underWay: ListPage<OutgoingView>;
  readonly past: ListPage<OutgoingView>;
  /** The address asks for a page of what is over. */
  readonly isPastWished: boolean;
}

async function listsOf(
  sharing: Services['sharing'],
  { principal, person }: Resident,
  { id }: Item,
  query: Fields,
): Promise<DialogLists> {
  const ofFolder = { here: pageWishOf(query, BY_JOINING, 'in-'), abroad: pageWishOf(query, BY_NEWS, 'out-') };
  const pastWish = pageWishOf(query, BY_NEWS, 'past-');
  const [openers, underWay, past] = await Promise.all([
    sharing.openers(principal, id, ofFolder),
    sharing.outgoingOfFolder(person.id, id, 'under-way', pageWishOf(query, BY_NEWS, 'offer-')),
    sharing.outgoingOfFolder(person.id, id, 'over', pastWish),
  ]);
  return { openers, underWay, past, isPastWished: pastWish.from !== undefined };
}

function dialogModel(folder: Item, { openers, underWay, past, isPastWished }: DialogLists, { person }: Resident) {
  const { owner, here, abroad } = openers;
  const path = `/files/folder/${folder.id}/share`;
  const member = (one: Member) => memberModel(folder, one, person.id);
  const news = (page: ListPage<unknown>, list: string, anchor: string) =>
    pagerOf(page, path, BY_NEWS, { list, anchor });
  return {
    id: folder.id,
    name: folder.name,
    back: folderHref(folder.parentId),
    isOwner: folder.ownerId === person.id,
    members: [...(owner === undefined ? [] : [owner]), ...here.items].map(member),
    membersPager: pagerOf(here, path, BY_JOINING, { list: 'in-', anchor: '#members' }),
    abroad: abroad.items.map(member),
    abroadPager: news(abroad, 'out-', '#abroad'),
    invitations: underWay.items.map(invitationModel),
    invitationsPager: news(underWay, 'offer-', '#invitations'),
    past: past.items.map(invitationModel),
    pastPager: news(past, 'past-', '#past'),
    isPastWished,
  };
}

function memberModel(folder: Item, member: Member, self: AccountId) {
  return {
    name: member.name,
    email: member.email,
    place: member.peerName ?? '',
    permission: member.isOwner ? 'Owner' : permissionName(member.permission),
    isOwner: member.isOwner,
    isSelf: member.accountId === self,
    until: member.expiresAt === undefined ? undefined : timeWords(member.expiresAt),
    changeHref: member.isOwner ? undefined : changeHref(folder, member),
  };
}

/** Where the owner changes what somebody can do. */
function changeHref(folder: Item, { accountId, outgoingId }: Member): string | undefined {
  if (outgoingId !== undefined) return `/shares/outgoing/${encodeURIComponent(outgoingId)}/change`;
  return accountId === undefined ? undefined : `/files/folder/${folder.id}/members/${accountId}/change`;
}

/** The form as it was for a share that has ended, to offer the folder once more. */
function prefilled({ recipient: addresses, permission, comment, expiresAt }: OutgoingView, clock: Clock) {
  const isAhead = expiresAt !== undefined && expiresAt > clock.now();
  return { addresses, permission, comment, expires: dayField(isAhead ? expiresAt : undefined) };
}

function invitationModel(share: OutgoingView) {
  return {
    id: share.id,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    standing: outgoingStanding(share),
    canResend: isWaiting(share) && !share.isOcm,
    mail: mailWords(share),
    answerUntil: isWaiting(share) ? timeWords(share.invitationExpiresAt) : undefined,
    changeHref: `/shares/outgoing/${encodeURIComponent(share.id)}/change`,
    againHref: againHref(share),
    changed: timeWords(share.changedAt),
    until: share.expiresAt === undefined ? undefined : timeWords(share.expiresAt),
  };
}

/** What was typed, when the form is shown again. */
function typedFields(form: Fields) {
  return {
    addresses: firstField(form, 'addresses') ?? '',
    permission: textField(form, 'permission') === 'read-write' ? 'read-write' : 'read-only',
    comment: firstField(form, 'comment') ?? '',
    expires: textField(form, 'expires'),
    wait: textField(form, 'wait') || String(INVITATION_DAYS.usual),
  };
}
