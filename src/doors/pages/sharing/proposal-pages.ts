import type { Response } from 'express';
import { firstField, invalid, isFailure, parseEmail, type Email, type Failure } from '../../../kernel/index.js';
import type { ProposalView } from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type Arrival, type DoorRequest } from '../../door/door.js';
import { proveAddress } from '../people/account/index.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param, requiredField, textField } from '../frame/forms.js';
import { allowFormsTo } from '../frame/headers/headers.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { incomingModel, type IncomingModel } from './shares-pages.js';
import { leadingBack } from '../frame/way-back.js';
import { whatWords } from './share-words.js';

declare module '../frame/templates.js' {
  interface Views {
    'proposals/consent': Pick<IncomingModel, ConsentFacts> & {
      readonly digest: string;
      readonly unsigned: boolean;
      /** Who sent it for its owner; empty: its owner. */
      readonly sender: string;
      readonly isOcm: boolean;
      readonly isOpen: boolean;
      readonly decisionToken: string;
    };
    'proposals/other-address': {
      readonly id: string;
      readonly email: string;
      readonly own: Email;
      readonly isRecent: boolean;
      readonly confirm: string;
    };
  }
}

type Services = Pick<PageServices, 'proposals' | 'addresses'>;

/** What of a share is shown before somebody decides. */
type ConsentFacts =
  | ('what' | 'folder' | 'ownerName' | 'ownerEmail' | 'recipient' | 'peerName' | 'peerOrigin' | 'permission')
  | ('permissionWords' | 'until' | 'standing' | 'openHref');

const PATH = '/interop/proposals/:id';

/** The page on which a recipient accepts or declines (cloudspaces-interop.md 4). */
export function proposalRows(kit: PageKit, services: Services): AnyRow[] {
  return [consentRow(kit, services), decisionRow(kit, services), ...proofRows(kit, services)];
}

function consentRow(kit: PageKit, services: Services): AnyRow {
  const { entries } = kit;
  return row<Resident>({
    method: 'GET',
    path: PATH,
    summary: 'Shows a proposal to its recipient; signing in comes first.',
    body: NO_BODY,
    enter: entries.secret(entries.resident),
    handle: async (request, response) => showConsent(kit, services, request, response),
  });
}

/** Binds the answer to the session and to exactly what was shown (WEB-02, WEB-03). */
function purposeOf(id: string, digest: string): string {
  return `proposal ${id} ${digest}`;
}

function decisionRow(kit: PageKit, services: Services): AnyRow {
  const purpose = ({ http, form: sent }: Arrival): string =>
    purposeOf(String(http.params['id']), firstField(sent, 'digest') ?? '');
  return form(kit, {
    path: PATH,
    summary: 'Takes the answer to a proposal and leads back to the other cloud.',
    from: kit.entries.resident,
    token: { purpose },
    secret: true,
    read: (sent) => ({ answer: readAnswer(textField(sent, 'answer')), digest: firstField(sent, 'digest') ?? '' }),
    act: async ({ answer, digest }, { request, response }) => {
      const { caller, params } = request;
      try {
        const { location } = await services.proposals.decide(caller.person.id, param(params, 'id'), digest, answer);
        return { to: location.href };
      } catch (error) {
        // Changed meanwhile, or answered otherwise: shown afresh, for a fresh decision.
        if (!isFailure(error, 'conflict')) throw error;
        return { show: () => showConsent(kit, services, request, response, error) };
      }
    },
  });
}

function readAnswer(text: string): boolean {
  if (text !== 'accept' && text !== 'decline') throw invalid('Choose Accept or Decline.');
  return text === 'accept';
}

async function showConsent(
  kit: PageKit,
  { proposals }: Services,
  request: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const { caller, params, http } = request;
  const id = param(params, 'id');
  const answer = await proposals.view(caller.person.id, id);
  if (answer.kind === 'other-address') {
    showOtherAddress(kit, request, response);
    return;
  }
  allowFormsTo(response, [answer.proposal.callbackOrigin]);
  kit.show(http, response, caller.person, {
    template: 'proposals/consent',
    title: `Somebody shares a ${whatWords(answer.proposal)} with you`,
    wayBack: proposalHref(id),
    section: 'shares',
    model: consentModel(kit, http, response, id, answer.proposal),
    failure,
  });
}

function consentModel(
  kit: PageKit,
  http: DoorRequest<Resident>['http'],
  response: Response,
  id: string,
  proposal: ProposalView,
) {
  return {
    ...incomingModel(proposal),
    id,
    digest: proposal.digest,
    unsigned: proposal.unsigned,
    sender: proposal.sender ?? '',
    isOcm: proposal.isOcm,
    isOpen: proposal.state === 'pending',
    decisionToken: kit.tokens.issue(http, response, purposeOf(id, proposal.digest)),
  };
}

/** The proposal is for an address that this account has not proven: its details stay hidden (WEB-05). */
function showOtherAddress(
  kit: PageKit,
  { caller, params, http, query }: DoorRequest<Resident>,
  response: Response,
  tried: { readonly email?: string; readonly failure?: Failure } = {},
): void {
  const id = param(params, 'id');
  const email = tried.email ?? textField(query, 'email');
  kit.show(http, response, caller.person, {
    template: 'proposals/other-address',
    title: 'This offer is for another address',
    section: 'shares',
    wayBack: proposalHref(id),
    ...(tried.failure === undefined ? { status: 403 } : { failure: tried.failure }),
    model: { id, email, own: caller.person.email, ...provability(kit, http, id) },
  });
}

/** Proving an address takes the password of the last ten minutes (F-65); who has to give it comes back here. */
function provability({ entries }: PageKit, http: DoorRequest<Resident>['http'], id: string) {
  return { isRecent: entries.isRecent(http), confirm: leadingBack('/login/confirm', proposalHref(id)) };
}

/** Proving the address of a proposal by a mailed code, then back to the proposal. */
function proofRows(kit: PageKit, { addresses }: Services): AnyRow[] {
  const admitted = { from: kit.entries.resident, recent: true, secret: true } as const;
  return [
    form(kit, {
      path: `${PATH}/code`,
      summary: 'Mails a code to the address that the proposal may be for.',
      ...admitted,
      read: (sent) => parseEmail(textField(sent, 'email')),
      act: async (email, { request: { caller, params } }) => {
        const id = param(params, 'id');
        await addresses.askCode(caller.person.id, email, codePurpose(id));
        const to = `${proposalHref(id)}?email=${encodeURIComponent(email)}`;
        return { to, say: `A code is on its way to ${email}.` };
      },
      again: ({ request, response }, failure) => showOtherAddress(kit, request, response, { failure }),
    }),
    form(kit, {
      path: `${PATH}/prove`,
      summary: 'Takes the mailed code and shows the proposal.',
      ...admitted,
      read: (sent) => ({
        code: requiredField(sent, 'code', 'The code'),
        email: parseEmail(textField(sent, 'email')),
      }),
      act: async ({ code, email }, { request: { caller, params } }) => {
        const id = param(params, 'id');
        await proveAddress(addresses, caller.person.id, { email, code, purpose: codePurpose(id) });
        return { to: proposalHref(id) };
      },
      again: ({ request, response }, failure) =>
        showOtherAddress(kit, request, response, { email: textField(request.form, 'email'), failure }),
    }),
  ];
}

/** Codes are bound to account, address and proposal (WEB-08); sealed ids are long, their ends tell them apart. */
function codePurpose(id: string): string {
  return `proposal:${id.slice(-64)}`;
}

function proposalHref(id: string): string {
  return `/interop/proposals/${encodeURIComponent(id)}`;
}
