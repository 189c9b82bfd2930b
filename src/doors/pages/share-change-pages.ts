import type { Response } from 'express';
import {
  displayText,
  notFound,
  statusOf,
  type AccountId,
  type Clock,
  type Failure,
  type Fields,
  type ItemId,
} from '../../kernel/index.js';
import type { Member, OutgoingView } from '../../shares/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, itemParam, leadTo, param, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { NewTerms, PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { dayField, lastDayField, permissionField } from './share-terms.js';
import { isOver } from './share-words.js';

type Services = Pick<PageServices, 'tree' | 'sharing' | 'changing'>;

/** What is changed on such a page: what somebody may do in a folder, and until when. */
interface Terms {
  readonly who: string;
  readonly folderId: ItemId;
  readonly folderName: string;
  readonly permission: Member['permission'];
  readonly expiresAt: number | undefined;
  /** A cloud shows the old terms to somebody who has not answered yet. */
  readonly isOffered: boolean;
  /** A recipient abroad: their cloud learns the change a little later. */
  readonly isAbroad: boolean;
  change(terms: NewTerms): Promise<void>;
}

/** The pages on which an owner changes what one person may do in a folder. */
export function shareChangeRows(kit: PageKit, services: Services): AnyRow[] {
  return [
    ...changeRows(kit, '/shares/outgoing/:id/change', 'an invited person', (request) => ofShare(services, request)),
    ...changeRows(kit, '/files/folder/:id/members/:member/change', 'a member', (request) =>
      ofMember(services, request),
    ),
  ];
}

type Find = (request: DoorRequest<Resident>) => Promise<Terms>;

function changeRows(kit: PageKit, path: string, whom: string, find: Find): AnyRow[] {
  return [
    row<Resident>({
      method: 'GET',
      path,
      summary: `Shows what ${whom} may do in a folder, and until when.`,
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: async (request, response) => showTerms(kit, request, response, await find(request)),
    }),
    row<Resident>({
      method: 'POST',
      path,
      summary: `Changes what ${whom} may do in a folder, at once.`,
      body: FORM,
      enter: kit.entries.posted(kit.entries.resident),
      handle: async (request, response) => change(kit, request, response, await find(request)),
    }),
  ];
}

async function change(kit: PageKit, request: DoorRequest<Resident>, response: Response, terms: Terms): Promise<void> {
  const { form, http } = request;
  const outcome = await attempt(async () =>
    terms.change({ permission: permissionField(form), ...lastMoment(form, terms, kit.clock) }),
  );
  if (outcome.kind === 'refused') {
    showTerms(kit, request, response, terms, outcome.failure);
    return;
  }
  leaveNotice(http, { kind: 'done', text: `Saved. What ${terms.who} can do has changed.` });
  leadTo(response, `/files/folder/${terms.folderId}/share`);
}

/** A day that was left as it is keeps the very moment, which apps set to the second. */
function lastMoment(form: Fields, { expiresAt }: Terms, clock: Clock): Pick<NewTerms, 'expiresAt'> {
  if (expiresAt !== undefined && textField(form, 'expires') === dayField(expiresAt)) return {};
  return { expiresAt: lastDayField(form, clock) ?? null };
}

function showTerms(
  kit: PageKit,
  { caller, http, form }: DoorRequest<Resident>,
  response: Response,
  terms: Terms,
  failure?: Failure,
): void {
  const typed = failure !== undefined;
  const { who, folderId, folderName, isOffered, isAbroad } = terms;
  const model = {
    ...{ who, isOffered, isAbroad, folder: displayText(folderName), back: `/files/folder/${folderId}/share` },
    permission: typed ? textField(form, 'permission') : terms.permission,
    expires: typed ? textField(form, 'expires') : dayField(terms.expiresAt),
    today: dayField(kit.clock.now()),
    message: failure?.message,
  };
  kit.show(http, response, caller.person, {
    ...{ template: 'shares/change', title: 'Change what somebody can do', section: 'shares', model },
    ...(failure && { status: statusOf(failure.code) }),
  });
}

async function ofShare({ sharing, changing }: Services, request: DoorRequest<Resident>): Promise<Terms> {
  const { caller, params } = request;
  const share = (await sharing.outgoingOf(caller.person.id)).find(({ id }) => id === param(params, 'id'));
  if (share === undefined || isOver(share)) throw notFound();
  return { ...facts(share), change: (terms) => changing.change(caller.person.id, share.id, terms) };
}

function facts(share: OutgoingView): Omit<Terms, 'change'> {
  const { recipient: who, folderId, folderName, permission, expiresAt } = share;
  return { ...{ who, folderId, folderName, permission, expiresAt }, isOffered: share.state === 'sent', isAbroad: true };
}

async function ofMember({ tree, sharing, changing }: Services, request: DoorRequest<Resident>): Promise<Terms> {
  const { caller, params } = request;
  const folder = await tree.stat(caller.principal, itemParam(params));
  const memberId = param(params, 'member') as AccountId;
  const members = await sharing.members(caller.principal, folder.id);
  const member = members.find(({ accountId, isOwner }) => accountId === memberId && !isOwner);
  if (folder.ownerId !== caller.person.id || member === undefined) throw notFound();
  return {
    ...{
      who: displayText(member.name),
      folderId: folder.id,
      folderName: folder.name,
      isOffered: false,
      isAbroad: false,
    },
    ...{ permission: member.permission, expiresAt: member.expiresAt },
    change: (terms) => changing.changeMember(caller.person.id, folder.id, memberId, terms),
  };
}
