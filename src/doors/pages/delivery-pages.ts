import type { DeliveryRecord, QueueCount, QueueQuestion } from '../../deliveries/index.js';
import { displayText, notFound, type Fields, type PeerId } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import { halfOfLane } from '../../shares/index.js';
import { row, type AnyRow, type DoorRequest } from '../door.js';
import { deliveryModel } from './care-words.js';
import type { Resident } from './entries.js';
import { FORM, leadTo, NO_BODY, param, textField } from './forms.js';
import type { PageKit } from './kit.js';
import type { PageServices } from './services.js';
import { leaveNotice } from './sessions.js';
import { countWords, timeWords } from './words.js';

type Services = Pick<PageServices, 'care' | 'peers'>;

/** Rows on one page. */
const PAGE = 50;

/** Stands for the peer of messages to nobody in particular. */
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
    summary: 'Lists what waits to be sent, what is tried in vain and what was given up.',
    body: NO_BODY,
    enter: kit.entries.administrator,
    handle: async ({ http, caller, query }, response) => {
      const [counts, known] = await Promise.all([care.queue.counts(), peers.list()]);
      const question = questionOf(query, counts);
      const { records, next } = await care.queue.page(question);
      const nameOf = namesOf(known);
      kit.show(http, response, caller.person, {
        ...{ template: 'admin/deliveries', title: 'Deliveries', section: 'admin' },
        model: {
          ...{ standing: question.standing, peer: textField(query, 'peer') },
          tabs: tabsOf(counts, textField(query, 'peer')),
          peers: counts.map((count) => countModel(count, nameOf)),
          rows: records.map((record) => recordModel(record, question.standing, nameOf)),
          nextHref: next === undefined ? undefined : hrefOf(question.standing, textField(query, 'peer'), next),
        },
      });
    },
  });
}

const STANDINGS = ['failed', 'failing', 'waiting'] as const;
const TITLES = { failed: 'Given up', failing: 'Tried in vain', waiting: 'Waiting' } as const;

/** Without a wish: the gravest there is. */
function questionOf(query: Fields, counts: readonly QueueCount[]): QueueQuestion {
  const wish = STANDINGS.find((standing) => standing === textField(query, 'standing'));
  const gravest = STANDINGS.find((standing) => counts.some((count) => count[standing] > 0));
  const peer = textField(query, 'peer');
  const after = textField(query, 'after');
  return {
    standing: wish ?? gravest ?? 'waiting',
    peerId: peer === '' ? undefined : peer === MAIL ? null : peer,
    after: /^\d{1,15}$/.test(after) ? Number(after) : undefined,
    limit: PAGE,
  };
}

function tabsOf(counts: readonly QueueCount[], peer: string): object[] {
  const shown = counts.filter(({ peerId }) => peer === '' || (peerId ?? MAIL) === peer);
  return STANDINGS.map((standing) => ({
    standing,
    title: TITLES[standing],
    count: shown.reduce((sum, count) => sum + count[standing], 0),
    href: hrefOf(standing, peer),
  }));
}

function hrefOf(standing: string, peer: string, after?: number): string {
  const query = new URLSearchParams({ standing });
  if (peer !== '') query.set('peer', peer);
  if (after !== undefined) query.set('after', String(after));
  return `${ADDRESS}?${query.toString()}`;
}

function namesOf(peers: readonly Peer[]): (peerId: string | undefined) => string {
  const names = new Map<string, string>(peers.map(({ id, name }) => [id, displayText(name)]));
  return (peerId) => (peerId === undefined ? 'Mail' : (names.get(peerId) ?? 'A cloud that was removed'));
}

function countModel(count: QueueCount, nameOf: (peerId: string | undefined) => string): object {
  const { peerId, waiting, failing, failed, troubleSince } = count;
  const key = peerId ?? MAIL;
  return {
    ...{ waiting, failing, failed, key },
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
): object {
  const half = halfOfLane(record.lane);
  return {
    ...deliveryModel(record, standing),
    peer: nameOf(record.peerId),
    shareHref: half === undefined ? undefined : `/admin/shares/${half.direction}/${encodeURIComponent(half.id)}`,
  };
}

function retryRow(kit: PageKit, { care }: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: `${ADDRESS}/:id/retry`,
    summary: 'Sends one message at once.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.administrator),
    handle: async (request, response) => {
      const id = param(request.params, 'id');
      if (!/^\d{1,15}$/.test(id)) throw notFound();
      await care.doctor.retryDelivery(Number(id), request.caller.person.id);
      leaveNotice(request.http, { kind: 'done', text: 'It is due now. Look again in a moment.' });
      leadTo(response, backTo(request));
    },
  });
}

function retryPeerRow(kit: PageKit, { care, peers }: Services): AnyRow {
  return row<Resident>({
    method: 'POST',
    path: `${ADDRESS}/peers/:peer/retry`,
    summary: 'Sends at once everything that a cloud did not get.',
    body: FORM,
    enter: kit.entries.posted(kit.entries.administrator),
    handle: async (request, response) => {
      const key = param(request.params, 'peer');
      if (key !== MAIL && (await peers.byId(key as PeerId)) === undefined) throw notFound('There is no such peer.');
      const peerId = key === MAIL ? undefined : (key as PeerId);
      const count = await care.doctor.retryPeer(peerId, request.caller.person.id);
      leaveNotice(request.http, {
        kind: 'done',
        text: `${countWords(count, 'message')} due now. Look again in a moment.`,
      });
      leadTo(response, backTo(request));
    },
  });
}

/** The part of the list where the button was pressed. */
function backTo({ form }: DoorRequest<Resident>): string {
  const standing = textField(form, 'standing');
  return hrefOf(STANDINGS.find((known) => known === standing) ?? 'failed', textField(form, 'peer'));
}
