import type { Response } from 'express';
import { notFound, type AccountId, type Clock, type Failure, type Fields, type ItemId } from '../../../kernel/index.js';
import type { Member, NewTerms, OutgoingView } from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { itemParam, param, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { dayField, lastDayField, permissionField } from './share-terms.js';
import { isOver } from './share-words.js';

declare module '../frame/templates.js' {
  interface Views {
    'shares/change': Pick<Terms, 'who' | 'isOffered' | 'isAbroad' | 'isMesh'> & {
      readonly folder: string;
      readonly back: string;
      readonly permission: string;
      readonly expires: string;
      readonly today: string;
    };
  }
}

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
  /** It was offered by Open Cloud Mesh, which has no word for another last day. */
  readonly isMesh: boolean;
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
    form(kit, {
      path,
      summary: `Changes what ${whom} may do in a folder, at once.`,
      from: kit.entries.resident,
      about: find,
      read: (sent, { about: terms }) => ({
        permission: permissionField(sent),
        ...lastMoment(sent, terms, kit.clock),
      }),
      act: async (wanted, { about: terms }) => {
        await terms.change(wanted);
        return {
          to: `/files/folder/${terms.folderId}/share`,
          say: `Saved. What ${terms.who} can do has changed.`,
        };
      },
      again: ({ request, response, about: terms }, failure) => showTerms(kit, request, response, terms, failure),
    }),
  ];
}

/** A day that was left as it is keeps the very moment, which apps set to the second. */
function lastMoment(sent: Fields, { expiresAt }: Terms, clock: Clock): Pick<NewTerms, 'expiresAt'> {
  if (expiresAt !== undefined && textField(sent, 'expires') === dayField(expiresAt)) return {};
  return { expiresAt: lastDayField(sent, clock) ?? null };
}

function showTerms(
  kit: PageKit,
  { caller, http, form: sent }: DoorRequest<Resident>,
  response: Response,
  terms: Terms,
  failure?: Failure,
): void {
  const typed = failure !== undefined;
  const { who, folderId, folderName, isOffered, isAbroad, isMesh } = terms;
  const model = {
    who,
    isOffered,
    isAbroad,
    isMesh,
    folder: folderName,
    back: `/files/folder/${folderId}/share`,
    permission: typed ? textField(sent, 'permission') : terms.permission,
    expires: typed ? textField(sent, 'expires') : dayField(terms.expiresAt),
    today: dayField(kit.clock.now()),
  };
  kit.show(http, response, caller.person, {
    template: 'shares/change',
    title: 'Change what somebody can do',
    section: 'shares',
    model,
    failure,
  });
}

async function ofShare({ sharing, changing }: Services, request: DoorRequest<Resident>): Promise<Terms> {
  const { caller, params } = request;
  const share = await sharing.outgoingOne(caller.person.id, param(params, 'id'));
  if (share === undefined || isOver(share)) throw notFound();
  return { ...facts(share), change: (terms) => changing.change(caller.person.id, share.id, terms) };
}

function facts(share: OutgoingView): Omit<Terms, 'change'> {
  const { recipient: who, folderId, folderName, permission, expiresAt, isOcm: isMesh } = share;
  return {
    who,
    folderId,
    folderName,
    permission,
    expiresAt,
    isOffered: share.state === 'sent',
    isAbroad: true,
    isMesh,
  };
}

async function ofMember({ tree, sharing, changing }: Services, request: DoorRequest<Resident>): Promise<Terms> {
  const { caller, params } = request;
  const folder = await tree.stat(caller.principal, itemParam(params));
  const memberId = param(params, 'member') as AccountId;
  const member = await sharing.memberOf(caller.person.id, folder.id, memberId);
  if (member === undefined) throw notFound();
  return {
    who: member.name,
    folderId: folder.id,
    folderName: folder.name,
    isOffered: false,
    isAbroad: false,
    isMesh: false,
    permission: member.permission,
    expiresAt: member.expiresAt,
    change: (terms) => changing.changeMember(caller.person.id, folder.id, memberId, terms),
  };
}
