import type { DeliveryRecord, QueueCount, QueueQuestion, QueueSums } from '../../../deliveries/index.js';
import { notFound, type Fields, type PeerId } from '../../../kernel/index.js';
import { halfOfLane } from '../../../shares/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import { deliveryModel } from './care-words.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { countWords, manyNumber, timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/deliveries': {
      readonly standing: QueueQuestion['standing'];
      readonly peer: string;
      readonly tabs: ReturnType<typeof tabsOf>;
      readonly isEmpty: boolean;
      readonly peers: readonly ReturnType<typeof countModel>[];
      /** More clouds. */
      readonly cloudsHref: string | undefined;
      readonly rows: readonly ReturnType<typeof recordModel>[];
      readonly nextHref: string | undefined;
    };
  }
}

type Services = Pick<PageServices, 'care' | 'peers'>;

/** Rows on one page. */
const PAGE = 50;

/** The value of the parameter `peer` for messages without a peer. */
const MAIL = 'mail';

const ADDRESS = '/admin/deliveries';

/** The administrator's page of everything that is on its way to other clouds and mailboxes. */
export function deliveryRows(kit: PageKit, services: Services): AnyRow[] {
  return [overviewRow(kit, services), retryRow(kit, services), retryPeerRow(kit, services)];
}

function overviewRow(kit: PageKit, { care, peers }: Services): AnyRow {
  return row<Resident>({
    method: 'GET',
    path: ADDRESS,
    summary: 'Lists what waits to be sent, what is failing and what was given up.',
    body: NO_BODY,
    enter: kit.entries.administrator,
    handle: async ({ http, caller, query }, response) => {
      const sums = await care.queue.sums();
      const question = questionOf(query, sums);
      const clouds = await care.queue.peers(cloudsAfter(query));
      const { records, next } = await care.queue.page(question);
      const ofPeer = question.peerId === undefined ? sums : await care.queue.countsOf(question.peerId);
      const ids = [...clouds.counts, ...records].flatMap(({ peerId }) => peerId ?? []);
      const nameOf = namesOf(await peers.lists.namesOf([...new Set(ids)]));
      kit.show(http, response, caller.person, {
        template: 'admin/deliveries',
        title: 'Deliveries',
        section: 'admin',
        model: {
          standing: question.standing,
          peer: textField(query, 'peer'),
          tabs: tabsOf(ofPeer, textField(query, 'peer')),
          isEmpty: STANDINGS.every((standing) => sums[standing] === 0),
          peers: clouds.counts.map((count) => countModel(count, nameOf)),
          cloudsHref: clouds.next && `${ADDRESS}?${new URLSearchParams({ clouds: clouds.next }).toString()}`,
          rows: records.map((record) => recordModel(record, question.standing, nameOf)),
          nextHref: next === undefined ? undefined : hrefOf(question.standing, textField(query, 'peer'), next),
        },
      });
    },
  });
}

const STANDINGS = ['failed', 'failing', 'waiting'] as const;
const TITLES = { failed: 'Given up', failing: 'Failing', waiting: 'Waiting' } as const;

/** Without a wish: the gravest there is. */
function questionOf(query: Fields, sums: QueueSums): QueueQuestion {
  const wish = STANDINGS.find((standing) => standing === textField(query, 'standing'));
  const gravest = STANDINGS.find((standing) => sums[standing] > 0);
  const peer = textField(query, 'peer');
  const after = textField(query, 'after');
  return {
    standing: wish ?? gravest ?? 'waiting',
    peerId: peer === '' ? undefined : peer === MAIL ? null : peer,
    after: /^\d{1,15}$/.test(after) ? Number(after) : undefined,
    limit: PAGE,
  };
}

/** Where the page of clouds before ended. */
function cloudsAfter(query: Fields): string | undefined {
  const after = textField(query, 'clouds');
  return /^\w{1,64}$/.test(after) ? after : undefined;
}

function tabsOf(sums: QueueSums, peer: string) {
  return STANDINGS.map((standing) => ({
    standing,
    title: TITLES[standing],
    count: manyNumber(sums[standing]),
    href: hrefOf(standing, peer),
  }));
}

function hrefOf(standing: string, peer: string, after?: number): string {
  const query = new URLSearchParams({ standing });
  if (peer !== '') query.set('peer', peer);
  if (after !== undefined) query.set('after', String(after));
  return `${ADDRESS}?${query.toString()}`;
}

function namesOf(names: ReadonlyMap<string, string>): (peerId: string | undefined) => string {
  return (peerId) => (peerId === undefined ? 'Mail' : (names.get(peerId) ?? 'A cloud that was removed'));
}

function countModel(count: QueueCount, nameOf: (peerId: string | undefined) => string) {
  const { peerId, waiting, failing, failed, troubleSince } = count;
  const key = peerId ?? MAIL;
  return {
    waiting: manyNumber(waiting),
    failing: manyNumber(failing),
    failed: manyNumber(failed),
    key,
    name: nameOf(peerId),
    href: `${ADDRESS}?${new URLSearchParams({ peer: key }).toString()}`,
    since: troubleSince === undefined ? undefined : timeWords(troubleSince),
    canRetry: failing + failed > 0,
  };
}

function recordModel(
  record: DeliveryRecord,
  standing: QueueQuestion['standing'],
  nameOf: (peerId: string | undefined) => string,
) {
  const half = halfOfLane(record.lane);
  return {
    ...deliveryModel(record, standing),
    peer: nameOf(record.peerId),
    shareHref: half === undefined ? undefined : `/admin/shares/${half.direction}/${encodeURIComponent(half.id)}`,
  };
}

function retryRow(kit: PageKit, { care }: Services): AnyRow {
  return form(kit, {
    path: `${ADDRESS}/:id/retry`,
    summary: 'Sends one message at once.',
    from: kit.entries.administrator,
    act: async (_typed, { request }) => {
      const id = param(request.params, 'id');
      if (!/^\d{1,15}$/.test(id)) throw notFound();
      await care.doctor.retryDelivery(Number(id), request.caller.person.id);
      return { to: backTo(request), say: 'It is due now. Look again in a moment.' };
    },
  });
}

function retryPeerRow(kit: PageKit, { care, peers }: Services): AnyRow {
  return form(kit, {
    path: `${ADDRESS}/peers/:peer/retry`,
    summary: 'Sends at once everything that a cloud did not get.',
    from: kit.entries.administrator,
    act: async (_typed, { request }) => {
      const key = param(request.params, 'peer');
      if (key !== MAIL && (await peers.byId(key as PeerId)) === undefined) throw notFound('There is no such peer.');
      const peerId = key === MAIL ? undefined : (key as PeerId);
      const count = await care.doctor.retryPeer(peerId, request.caller.person.id);
      return { to: backTo(request), say: `${countWords(count, 'message')} due now. Look again in a moment.` };
    },
  });
}

/** The part of the list where the button was pressed. */
function backTo({ form: sent }: DoorRequest<Resident>): string {
  const standing = textField(sent, 'standing');
  return hrefOf(STANDINGS.find((known) => known === standing) ?? 'failed', textField(sent, 'peer'));
}
