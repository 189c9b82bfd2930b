import { z } from 'zod';
import { readEmail, type Email } from '../../../kernel/index.js';
import type { MessageBody } from '../../ports/message.js';
import { parseServer, printContact, type OcmAddress, type OcmServer } from '../wording/address.js';
import { objectOf, readObjectOrForm, shaped } from '../wording/bodies.js';
import { address, foreignId, label, optional } from '../wording/fields.js';
import { malformed } from '../wording/refusal.js';

/** Somebody at another server, as that server says who they are. */
export interface InvitedPerson {
  /** Exactly as it was given: oCIS and CERNBox compare it letter by letter with the id in shares. */
  readonly userId: string;
  /** What their server says of them, if it does. */
  readonly email: Email | undefined;
  readonly name: string | undefined;
}

/** An invitation of ours that somebody accepted at another server. */
export interface Acceptance extends InvitedPerson {
  readonly token: string;
  readonly server: OcmServer;
  /** Their address as it is compared with those in shares. */
  readonly address: OcmAddress;
}

/** An address that cannot be read counts as missing. */
const email = optional(z.string().max(320))
  .catch(undefined)
  .transform((text) => (text === undefined ? undefined : readEmail(text)));

const userId = optional(foreignId);

/** Nextcloud 32 says `userId`, Nextcloud 34 and all others `userID`. */
const person = { userID: userId, userId, email, name: label };

const acceptanceShape = z.object({
  ...person,
  recipientProvider: z.string().min(1).max(1_024),
  token: z.string().min(1).max(255),
});

/**
 * Reads `POST /invite-accepted` (open-cloud-mesh.md 7), JSON or a form. Throws a refusal with status 400 that names everything
 * that is wrong; an invitation that its own server accepts is refused too (`ownHost`).
 */
export function readAcceptance(body: MessageBody, ownHost: string): Acceptance {
  const { recipientProvider, token, ...said } = shaped(acceptanceShape, readObjectOrForm(body));
  const who = personIn(said);
  const server = parseServer(recipientProvider);
  if (server === undefined || server.host === ownHost)
    throw malformed([{ name: 'recipientProvider', message: 'INVALID' }]);
  return { ...who, token, server, address: addressOf(who.userId, recipientProvider) };
}

function personIn(said: z.infer<z.ZodObject<typeof person>>): InvitedPerson {
  const id = said.userID ?? said.userId;
  if (id === undefined) throw malformed([{ name: 'userID', message: 'REQUIRED' }]);
  const differ = said.userID !== undefined && said.userId !== undefined && said.userID !== said.userId;
  if (differ) throw malformed([{ name: 'userId', message: 'INVALID' }]);
  return { userId: id, email: said.email, name: said.name };
}

function addressOf(id: string, provider: string): OcmAddress {
  const { success, data } = address.safeParse(printContact(id, provider));
  if (!success) throw malformed([{ name: 'userID', message: 'INVALID' }]);
  return data;
}

/** Reads the answer to an acceptance of ours: the person who invited. Throws a refusal when it does not say that. */
export function readInviter(body: unknown, provider: string): InvitedPerson & { readonly address: OcmAddress } {
  const who = personIn(shaped(z.object(person), objectOf(body)));
  return { ...who, address: addressOf(who.userId, provider) };
}

/** Somebody of ours, as another server is told. */
export interface OwnPerson {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

/** A person as a message holds them, under both spellings of the id. */
export interface PersonBody {
  readonly userID: string;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

/** Words who somebody of ours is: the answer to an acceptance. */
export function personBody({ userId: id, email: mail, name }: OwnPerson): PersonBody {
  return { userID: id, userId: id, email: mail, name };
}

/** Words the acceptance of an invitation, for the server that made it; `ownHost` is ours. */
export function acceptanceBody(
  token: string,
  ownHost: string,
  who: OwnPerson,
): PersonBody & { readonly recipientProvider: string; readonly token: string } {
  return { recipientProvider: ownHost, token, ...personBody(who) };
}
