import type { Response } from 'express';
import { serverUrl, type Introduction } from '../../../federation/index.js';
import type { OfferedPeer, Unmet } from '../../../shares/index.js';
import { lookUpSecret } from '../../callers/guesses.js';
import type { DoorRequest } from '../../door/door.js';
import type { Visitor } from '../frame/entries.js';
import { param } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { timeWords } from '../frame/words.js';

declare module '../frame/templates.js' {
  interface Views {
    'invitations/unmet': {
      readonly action: string;
      readonly ownerName: string;
      readonly name: string;
      /** The address of that cloud. */
      readonly cloud: string;
      readonly why: string;
    };
    'invitations/introduced': {
      readonly host: string;
      /** The page of that cloud on which the invitation is accepted; empty when it names none. */
      readonly page: string;
      /** Where that cloud is. */
      readonly href: string;
      readonly text: string;
      readonly invite: string;
      readonly own: string;
      readonly until: ReturnType<typeof timeWords>;
    };
  }
}

/** Says why the cloud took nothing, and how to go on: its person meets the owner first. Nothing is made before they say so. */
export async function showUnmet(
  kit: PageKit,
  { invitations, limiter }: Pick<PageServices, 'invitations' | 'limiter'>,
  { http, caller, params }: DoorRequest<Visitor>,
  response: Response,
  { name, origin }: OfferedPeer,
  { why }: Unmet,
): Promise<void> {
  const token = param(params, 'token');
  const { ownerName } = await lookUpSecret(limiter, http, () => invitations.view(token));
  kit.show(http, response, caller.person, {
    template: 'invitations/unmet',
    title: 'Connect first',
    model: { action: `/invitations/${encodeURIComponent(token)}`, ownerName, name, cloud: origin, why },
  });
}

/** Shows the invitation of the owner, and leads to the cloud on which it is accepted. */
export function showIntroduced(
  kit: PageKit,
  { http, caller }: DoorRequest<Visitor>,
  response: Response,
  { invite, server, page }: Introduction,
): void {
  kit.show(http, response, caller.person, {
    template: 'invitations/introduced',
    title: 'On to your cloud',
    model: {
      host: server.host,
      page: page?.href ?? '',
      href: serverUrl(server),
      text: invite.text,
      invite: invite.token,
      own: invite.provider,
      until: timeWords(invite.expiresAt),
    },
  });
}
