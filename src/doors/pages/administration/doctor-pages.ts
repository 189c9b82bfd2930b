import { forPeople, historyForPeople, type Examination, type Finding } from '../../../doctor/index.js';
import { notFound } from '../../../kernel/index.js';
import type { HalfName } from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import { deliveryModels, findingModel, historyModels } from './care-words.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { isOver } from '../sharing/share-words.js';
import { countWords, permissionName, timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/share': ReturnType<typeof everything> & { readonly href: string };
    'shares/one': ReturnType<typeof headModel> & {
      readonly findings: readonly ReturnType<typeof findingModel>[];
      readonly history: ReturnType<typeof historyModels>;
    };
  }
}

type Services = Pick<PageServices, 'care' | 'sharing'>;

/** What is wrong with a share: everything for administrators, a plain version for its owner and its recipient. */
export function doctorRows(kit: PageKit, services: Services): AnyRow[] {
  return [administratorsPage(kit, services), retryRow(kit, services), peoplesPage(kit, services)];
}

function administratorsPage(kit: PageKit, { care }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/admin/shares/:direction/:id',
    summary: 'Says how a share stands, what is wrong with it and what to do.',
    body: NO_BODY,
    enter: kit.entries.administrator,
    handle: async ({ http, caller, params }, response) => {
      const half = halfOf(params);
      const examination = await care.doctor.examine(half);
      kit.show(http, response, caller.person, {
        template: 'admin/share',
        title: 'One share',
        section: 'admin',
        model: { ...everything(examination), href: hrefOf(half) },
      });
    },
  });
}

function retryRow(kit: PageKit, { care }: Services): AnyRow {
  return form(kit, {
    path: '/admin/shares/:direction/:id/retry',
    summary: 'Sends at once what failed or waits to be sent again for a share.',
    from: kit.entries.administrator,
    act: async (_typed, { request: { caller, params } }) => {
      const half = halfOf(params);
      const retried = await care.doctor.retry(half, caller.person.id);
      const say =
        retried.length === 0
          ? 'Nothing of this share waits to be sent again.'
          : `${countWords(retried.length, 'message')} due now. Look again in a moment.`;
      return { to: hrefOf(half), say };
    },
  });
}

function peoplesPage(kit: PageKit, services: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: '/shares/:direction/:id',
    summary: 'Says how one of a person’s own shares stands and what they can do.',
    body: NO_BODY,
    enter: kit.entries.resident,
    handle: async (request, response) => {
      const half = halfOf(request.params);
      if (!(await isTheirs(services, request, half))) throw notFound();
      const { facts, findings } = await services.care.doctor.examine(half);
      kit.show(request.http, response, request.caller.person, {
        template: 'shares/one',
        title: 'How a share stands',
        section: 'shares',
        model: {
          ...headModel({ facts, findings }),
          findings: forPeople(findings).map(findingModel),
          history: historyModels(historyForPeople(facts.history)),
        },
      });
    },
  });
}

async function isTheirs({ sharing }: Services, { caller }: DoorRequest<Resident>, half: HalfName): Promise<boolean> {
  const { id } = caller.person;
  const own = half.direction === 'outgoing' ? sharing.outgoingOne(id, half.id) : sharing.incomingOne(id, half.id);
  return (await own) !== undefined;
}

function everything(examination: Examination) {
  const { facts, findings } = examination;
  return {
    ...headModel(examination),
    shareId: facts.share.shareId,
    findings: findings.map((finding) => findingModel(withButton(finding, facts.share.shareId))),
    deliveries: deliveryModels(facts.deliveries),
    history: historyModels(facts.history),
    canRetry: facts.deliveries.some(({ standing }) => standing !== 'waiting'),
    canEnd: !isOver(facts.share),
  };
}

/** The page offers the command as a button. */
function withButton(finding: Finding, shareId: string): Finding {
  return { ...finding, advice: finding.advice.replace(`share retry ${shareId}`, 'Retry now') };
}

function headModel({ facts: { share, peer } }: Examination) {
  return {
    folder: share.folderName,
    owner: `${share.ownerName} (${share.ownerEmail})`,
    recipient: share.recipient,
    permission: permissionName(share.permission),
    peer: peer?.name ?? share.peerName ?? 'not chosen yet',
    since: timeWords(share.since),
    until: share.expiresAt === undefined ? undefined : timeWords(share.expiresAt),
  };
}

/** The half that a path names. */
export function halfOf(params: Readonly<Record<string, string>>): HalfName {
  const direction = param(params, 'direction');
  if (direction !== 'outgoing' && direction !== 'incoming') throw notFound();
  return { direction, id: param(params, 'id') };
}

function hrefOf({ direction, id }: HalfName): string {
  return `/admin/shares/${direction}/${encodeURIComponent(id)}`;
}
