import type { Request, Response } from 'express';
import type { Failure, PeerId } from '../../../kernel/index.js';
import type { ConsumerPair, KeylessPeer, Peer } from '../../../peers/index.js';
import type { AnyRow, DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { param } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { pairOf } from './peer-form.js';
import type { PeerServices } from '../frame/services.js';

declare module '../frame/templates.js' {
  interface Views {
    'admin/peer-lost': {
      readonly id: PeerId;
      readonly name: string;
      readonly isBlocked: boolean;
      readonly needsOurs: boolean;
      readonly issuesTheirs: boolean;
    };
    'admin/peer-issued': {
      readonly id: PeerId;
      readonly name: string;
      readonly key: string;
      readonly secret: string;
      readonly hasKeys: boolean;
    };
  }
}

interface Visit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Resident;
}

/** New keys for a peer whose secrets cannot be read; what was issued to it is shown once. */
export function lostKeysRow(kit: PageKit, { peers }: Pick<PeerServices, 'peers'>): AnyRow {
  const idOf = (request: DoorRequest<Resident>): PeerId => param(request.params, 'id') as PeerId;
  return form(kit, {
    path: '/admin/peers/:id/keys',
    summary: 'Renews keys of a peer that cannot be read any more.',
    from: kit.entries.administrator,
    recent: '/admin/peers',
    read: pairOf,
    act: async (pair, { request, response }) => {
      const { peer, issued } = await peers.lostKeys.renew(idOf(request), pair, request.caller.person.id);
      if (issued === undefined) return { to: '/admin/peers', say: `The keys of ${peer.name} are renewed.` };
      return { show: () => showIssued(kit, request, response, peer, issued) };
    },
    again: async ({ request, response }, failure) => {
      const lost = await peers.lostKeys.of(idOf(request));
      if (lost === undefined) throw failure;
      showLost(kit, { http: request.http, response, caller: request.caller }, lost, failure);
    },
  });
}

/** The page of a peer that needs new keys before anything else of it can be changed. */
export function showLost(
  kit: PageKit,
  { http, response, caller }: Visit,
  { summary, lost }: KeylessPeer,
  failure?: Failure,
): void {
  kit.show(http, response, caller.person, {
    template: 'admin/peer-lost',
    title: summary.name,
    section: 'admin',
    failure,
    model: {
      id: summary.id,
      name: summary.name,
      isBlocked: summary.blocked,
      needsOurs: lost.includes('outbound'),
      issuesTheirs: lost.includes('inbound'),
    },
  });
}

/** The secret is in this answer and nowhere else: it cannot be read back (ADM-02). */
export function showIssued(
  kit: PageKit,
  { http, caller }: DoorRequest<Resident>,
  response: Response,
  peer: Peer,
  issued: ConsumerPair,
): void {
  kit.show(http, response, caller.person, {
    template: 'admin/peer-issued',
    title: `Keys of ${peer.name}`,
    section: 'admin',
    model: {
      id: peer.id,
      name: peer.name,
      key: issued.key,
      secret: issued.secret,
      hasKeys: peer.outbound !== undefined,
    },
  });
}
