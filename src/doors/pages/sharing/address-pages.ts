import type { Response } from 'express';
import type { Failure } from '../../../kernel/index.js';
import type { OfferedPeer } from '../../../shares/index.js';
import type { DoorRequest } from '../../door/door.js';
import { sendRetryAfter } from '../../door/retry-after.js';
import type { Visitor } from '../frame/entries.js';
import { param } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';

declare module '../frame/templates.js' {
  interface Views {
    'invitations/address': {
      readonly action: string;
      readonly id: string;
      readonly name: string;
      readonly host: string;
      readonly address: string;
    };
    'invitations/waiting': {
      readonly action: string;
      /** Where that cloud is. */
      readonly href: string;
      readonly name: string;
      readonly host: string;
      readonly address: string;
    };
  }
}

/** A cloud that has to be told to whom it shows the offer, and what it asks for. */
export type AskingPeer = OfferedPeer & { readonly asks: NonNullable<OfferedPeer['asks']> };

/** True for a cloud that has to be told who the invitee is there. */
export function isAsking(peer: OfferedPeer): peer is AskingPeer {
  return peer.asks !== undefined;
}

/** Asks the invitee who they are at the cloud that they picked; nothing is sent before they say so. */
export function showAddress(
  kit: PageKit,
  { http, caller, params }: DoorRequest<Visitor>,
  response: Response,
  { id, name, asks: { host, likely } }: AskingPeer,
  typed: string | undefined,
  failure?: Failure,
): void {
  sendRetryAfter(response, failure);
  kit.show(http, response, caller.person, {
    template: 'invitations/address',
    title: 'Your address there',
    failure,
    model: { action: pathOf(params), id, name, host, address: typed ?? likely },
  });
}

/** Says where the offer waits now, and leads to that cloud; on which of its pages it stands is not known. */
export function showWaiting(
  kit: PageKit,
  { http, caller, params }: DoorRequest<Visitor>,
  response: Response,
  { name, origin, asks: { host } }: AskingPeer,
  address: string,
): void {
  kit.show(http, response, caller.person, {
    template: 'invitations/waiting',
    title: 'On to your cloud',
    model: { action: pathOf(params), href: origin, name, host, address },
  });
}

function pathOf(params: Readonly<Record<string, string>>): string {
  return `/invitations/${encodeURIComponent(param(params, 'token'))}`;
}
