import type { Response } from 'express';
import { firstField, invalid, isFailure, parseEmail, statusOf, type Email, type Failure } from '../../kernel/index.js';
import type { ProposalView } from '../../shares/index.js';
import { row, type AnyRow, type Arrival, type DoorRequest } from '../door.js';
import { proveAddress } from './account-pages.js';
import type { Resident } from './entries.js';
import { FORM, NO_BODY, attempt, leadTo, param, requiredField, textField } from './forms.js';
import { allowFormsTo } from './headers.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { incomingModel } from './shares-pages.js';

type Services = Pick<PageServices, 'proposals' | 'addresses'>;

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
  const { entries } = kit;
  const purpose = ({ http, form }: Arrival): string =>
    purposeOf(String(http.params['id']), firstField(form, 'digest') ?? '');
  return row<Resident>({
    method: 'POST',
    path: PATH,
    summary: 'Takes the answer to a proposal and leads back to the other cloud.',
    body: FORM,
    enter: entries.secret(entries.posted(entries.resident, purpose)),
    handle: async (request, response) => {
      const { caller, params, form } = request;
      const [id, digest] = [param(params, 'id'), firstField(form, 'digest') ?? ''];
      const answer = readAnswer(textField(form, 'answer'));
      try {
        const { location } = await services.proposals.decide(caller.person.id, id, digest, answer);
        leadTo(response, location.href);
      } catch (error) {
        // Changed meanwhile, or answered otherwise: shown afresh, for a fresh decision.
        if (!isFailure(error, 'conflict')) throw error;
        await showConsent(kit, services, request, response, error);
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
    ...{
      template: 'proposals/consent',
      title: `Somebody shares a ${answer.proposal.kind} with you`,
      section: 'shares',
    },
    model: { ...consentModel(kit, http, response, id, answer.proposal), message: failure?.message },
    ...(failure && { status: statusOf(failure.code) }),
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
  const email = tried.email ?? textField(query, 'email');
  kit.show(http, response, caller.person, {
    ...{ template: 'proposals/other-address', title: 'This offer is for another address', section: 'shares' },
    status: tried.failure === undefined ? 403 : statusOf(tried.failure.code),
    model: { id: param(params, 'id'), email, own: caller.person.email, message: tried.failure?.message },
  });
}

/** Proving the address of a proposal by a mailed code, then back to the proposal. */
function proofRows(kit: PageKit, { addresses }: Services): AnyRow[] {
  const { entries } = kit;
  return [
    row<Resident>({
      method: 'POST',
      path: `${PATH}/code`,
      summary: 'Mails a code to the address that the proposal may be for.',
      body: FORM,
      enter: entries.secret(entries.posted(entries.resident)),
      handle: async (request, response) => {
        const typed = textField(request.form, 'email');
        const id = param(request.params, 'id');
        const ask = async (): Promise<Email> => {
          const email = parseEmail(typed);
          await addresses.askCode(request.caller.person.id, email, codePurpose(id));
          return email;
        };
        const outcome = await attempt(ask);
        if (outcome.kind === 'refused') {
          showOtherAddress(kit, request, response, { failure: outcome.failure });
          return;
        }
        leaveNotice(request.http, { kind: 'done', text: `A code is on its way to ${outcome.result}.` });
        leadTo(response, `${proposalHref(id)}?email=${encodeURIComponent(outcome.result)}`);
      },
    }),
    row<Resident>({
      method: 'POST',
      path: `${PATH}/prove`,
      summary: 'Takes the mailed code and shows the proposal.',
      body: FORM,
      enter: entries.secret(entries.posted(entries.resident)),
      handle: async (request, response) => {
        const { form, caller, params } = request;
        const [id, typed] = [param(params, 'id'), textField(form, 'email')];
        const outcome = await attempt(async () => {
          const code = requiredField(form, 'code', 'The code');
          await proveAddress(addresses, caller.person.id, { email: parseEmail(typed), code, purpose: codePurpose(id) });
        });
        if (outcome.kind === 'refused')
          showOtherAddress(kit, request, response, { email: typed, failure: outcome.failure });
        else leadTo(response, proposalHref(id));
      },
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
