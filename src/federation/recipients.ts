import type { Accounts } from '../accounts/index.js';
import {
  cutText,
  domainOf,
  foldEmail,
  HOUR,
  invalid,
  isFailure,
  readEmail,
  SECOND,
  showName,
  type AccountId,
  type Email,
} from '../kernel/index.js';
import type { OcmSaid, Peer } from '../peers/index.js';
import type { Limiter } from '../platform/index.js';
import type { ServerRecipient } from '../shares/index.js';
import { emailsOf, parseAddress, printAddress, type OcmAddress, type OcmServer } from './ocm/index.js';

/** What {@link Recipients} needs. */
export interface RecipientInputs {
  readonly accounts: Pick<Accounts, 'byEmail'>;
  readonly limiter: Pick<Limiter, 'spend'>;
  /** Where this cloud itself is. */
  readonly own: OcmServer;
  /** `FOOTBRIDGE_OCM_OPEN`: servers that nobody registered are looked for. */
  readonly isOpen: boolean;
  /** The unblocked peer that is a server of Open Cloud Mesh. */
  readonly peerAt: (host: string) => Promise<Peer | undefined>;
  readonly isBlocked: (host: string) => Promise<boolean>;
  /** Whether people with addresses in this domain have a cloud that is told of shares by letter. */
  readonly hasMailDomain: (domain: string) => Promise<boolean>;
  /** Asks a server what it is, from memory for a while. Throws what discovery throws. */
  readonly ask: (server: OcmServer) => Promise<OcmSaid>;
  /** Makes a peer of a server that has answered. */
  readonly meet: (server: OcmServer, said: OcmSaid) => Promise<Peer>;
  /** How long one call waits for servers that are looked for, all together, milliseconds. */
  readonly patience?: number;
  /** The address of somebody whom a person has met through an invitation, exactly as it was given then. */
  readonly contactAddress: (accountId: AccountId, address: OcmAddress) => Promise<string | undefined>;
}

/** How each of those is reached whom somebody named. */
export interface SortedRecipients {
  /** By e-mail address: people of this cloud, and others, who get a letter. */
  readonly addresses: readonly Email[];
  /** At servers of Open Cloud Mesh, which are told by themselves. */
  readonly servers: readonly ServerRecipient[];
  /** What names nobody who could be reached, each with a sentence. */
  readonly refused: readonly string[];
}

/** How many servers one call looks for, and how often a person has any looked for: each is a call to a stranger (G10). */
const MOST_ASKED = 5;
/** People wait for it: who has not answered by then has no server that could be told, and gets a letter. */
const PATIENCE = 5 * SECOND;
const LOOK_UPS = { acts: 60, per: HOUR };
/** The same for one invitation, whose link anybody may have. */
const LOOK_UPS_OF_LINK = { acts: 20, per: HOUR };

/** Tells from what is typed how somebody is reached: everybody is shared with in one and the same way. */
export class Recipients {
  readonly #in: RecipientInputs;

  constructor(inputs: RecipientInputs) {
    this.#in = inputs;
  }

  /**
   * Sorts entries, each an e-mail address or `name@cloud.example` (with scheme, port and path where a server wants them): own
   * people first, then servers that are peers, then, where strangers are welcome, servers that answer within five seconds, all
   * asked at once; whoever is left gets a letter. Reads, and asks servers; the only rows that it makes are those of servers that it meets.
   */
  async sort(actor: AccountId, entries: readonly string[]): Promise<SortedRecipients> {
    const patience = startPatience(this.#in.patience ?? PATIENCE);
    const budget = { left: MOST_ASKED, isOver: patience.isOver };
    const placing = entries.map((entry) => this.#place(actor, entry.trim(), budget));
    const placed = await Promise.all(placing).finally(patience.end);
    const [mails, servers] = [new Map<string, Email>(), new Map<string, ServerRecipient>()];
    for (const each of placed) {
      if (each.kind === 'mail') keepFirst(mails, foldEmail(each.email), each.email);
      if (each.kind === 'server') keepFirst(servers, foldEmail(each.recipient.clean as Email), each.recipient);
    }
    const refused = placed.flatMap((each) => (each.kind === 'refused' ? [each.why] : []));
    return { addresses: [...mails.values()], servers: [...servers.values()], refused };
  }

  async #place(actor: AccountId, text: string, budget: Budget): Promise<Placed> {
    const email = readEmail(text);
    if (email !== undefined && (await this.#in.accounts.byEmail(email)) !== undefined) return { kind: 'mail', email };
    const address = addressIn(text);
    if (address === undefined) return email === undefined ? neither(text) : { kind: 'mail', email };
    if (address.host === this.#in.own.host) return this.#here(text, address);
    const peer = await this.#serverOf(actor, address, email, budget);
    if (peer !== undefined) return { kind: 'server', recipient: await this.#at(actor, peer, address) };
    return email === undefined ? notThere(address) : { kind: 'mail', email };
  }

  /** Somebody at our own host: whoever has no account there is invited as by e-mail. */
  async #here(text: string, { id }: OcmAddress): Promise<Placed> {
    const { own, accounts } = this.#in;
    const withoutPort = { ...own, host: own.host.replace(/:\d+$/, '') };
    const emails = [...emailsOf(id, own), ...emailsOf(id, withoutPort)].flatMap((each) => readEmail(each) ?? []);
    for (const email of emails) if ((await accounts.byEmail(email)) !== undefined) return { kind: 'mail', email };
    const [email] = emails;
    return email === undefined ? neither(text) : { kind: 'mail', email };
  }

  /** The server that is told; undefined when a letter is what its people get. */
  async #serverOf(
    actor: AccountId,
    address: OcmAddress,
    email: Email | undefined,
    budget: Budget,
  ): Promise<Peer | undefined> {
    const { peerAt, hasMailDomain } = this.#in;
    const peer = await peerAt(address.host);
    const domain = email === undefined ? undefined : domainOf(email);
    if (peer?.ocm !== undefined) return domain !== undefined && peer.emailDomains.includes(domain) ? undefined : peer;
    if (domain !== undefined && (await hasMailDomain(domain))) return undefined;
    return this.#met(actor, address, budget);
  }

  async #met(actor: AccountId, address: OcmAddress, budget: Budget): Promise<Peer | undefined> {
    const { isOpen, isBlocked, limiter } = this.#in;
    // Entries are placed at once: nothing may wait between the look at the budget and its spending.
    if (!isOpen || (await isBlocked(address.host)) || budget.left <= 0) return undefined;
    budget.left -= 1;
    return withoutFailure(async () => {
      await limiter.spend(`ocm-look-up:${actor}`, LOOK_UPS);
      return this.#asked(address, budget.isOver);
    });
  }

  async #asked({ host, path, isPlain }: OcmAddress, isOver: Promise<undefined>): Promise<Peer | undefined> {
    const server = { host, path, isPlain };
    const said = await Promise.race([this.#in.ask(server), isOver]);
    return said && this.#in.meet(server, said);
  }

  /**
   * Somebody who says on the page of an invitation who they are, at whatever cloud: servers that are peers first, then, where
   * strangers are welcome, one that answers within five seconds. `of`: the invitation and whose it is. Throws `invalid` for what
   * is no address, is one here, or lies where this cloud does not share; `too-many` after twenty strangers in an hour.
   */
  async reach(of: { readonly id: string; readonly ownerId: AccountId }, typed: string): Promise<InviteePlace> {
    const address = addressIn(typed.trim());
    if (address === undefined) throw invalid('Type your whole address at your cloud, such as name@cloud.example.');
    if (address.host === this.#in.own.host)
      throw invalid('This is an address at this cloud, which needs no invitation.');
    const peer = (await this.#in.peerAt(address.host)) ?? (await this.#looked(of.id, address));
    if (peer?.ocm === undefined) throw invalid(elsewhere(address));
    return { peer, address: (await this.#at(of.ownerId, peer, address)).address };
  }

  async #looked(invitationId: string, address: OcmAddress): Promise<Peer | undefined> {
    const { isOpen, isBlocked, limiter } = this.#in;
    if (!isOpen || (await isBlocked(address.host))) return undefined;
    await limiter.spend(`ocm-look-up:${invitationId}`, LOOK_UPS_OF_LINK);
    const patience = startPatience(this.#in.patience ?? PATIENCE);
    return withoutFailure(() => this.#asked(address, patience.isOver)).finally(patience.end);
  }

  /**
   * The address of somebody at a peer, as it is sent there, from what they type: a name, or a whole address. Of a contact of the
   * owner the text that was given at the invitation. Throws `invalid` for an address elsewhere.
   */
  async addressAt(ownerId: AccountId, peer: Pick<Peer, 'ocm'>, typed: string): Promise<string> {
    const address = addressAt(peer, typed);
    return (await this.#in.contactAddress(ownerId, parseAddress(address))) ?? address;
  }

  async #at(actor: AccountId, { id: peerId, ocm }: Peer, typed: OcmAddress): Promise<ServerRecipient> {
    const address = { ...typed, path: typed.path || (ocm?.path ?? ''), isPlain: ocm?.isPlain === true };
    const given = await this.#in.contactAddress(actor, address);
    return { peerId, address: given ?? printAddress(address), clean: printAddress({ ...address, isPlain: false }) };
  }
}

/** Where somebody is reached who has said so. */
export interface InviteePlace {
  readonly peer: Peer;
  /** As it is sent there. */
  readonly address: string;
}

/** What could not be had is nothing. */
async function withoutFailure<T>(attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** Who is named twice counts once, as he was written first. */
function keepFirst<V>(map: Map<string, V>, key: string, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

/** How many servers may still be looked for, and what comes to pass when nobody waits for them any longer. */
interface Budget {
  left: number;
  readonly isOver: Promise<undefined>;
}

function startPatience(milliseconds: number): { readonly isOver: Promise<undefined>; readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  return { isOver, end: () => clearTimeout(timer) };
}

type Placed =
  | { readonly kind: 'mail'; readonly email: Email }
  | { readonly kind: 'server'; readonly recipient: ServerRecipient }
  | { readonly kind: 'refused'; readonly why: string };

/** An address as lists show and compare it: an e-mail address, or that of somebody at a server. Undefined for neither. */
export function readRecipient(text: string): Email | undefined {
  const email = readEmail(text.trim());
  if (email !== undefined) return email;
  const address = addressIn(text.trim());
  // An address of Open Cloud Mesh has the form of an e-mail address.
  return address && (printAddress({ ...address, isPlain: false }) as Email);
}

/**
 * The address of somebody at a peer, as it is sent there, from what they type: a name, or a whole address. Throws `invalid` for
 * an address elsewhere.
 */
export function addressAt({ ocm }: Pick<Peer, 'ocm'>, typed: string): string {
  const text = typed.trim();
  // Some clouds have e-mail addresses for names.
  const isName = !text.includes('@') || readEmail(text) !== undefined;
  const known = addressIn(text);
  const address = known?.host === ocm?.host || !isName ? known : addressIn(`${text}@${ocm?.host ?? ''}`);
  if (ocm === undefined || address?.host !== ocm.host)
    throw invalid(`Type your address at ${ocm?.host ?? 'your cloud'}, such as name@${ocm?.host ?? 'cloud.example'}.`);
  return printAddress({ ...address, path: address.path || ocm.path, isPlain: ocm.isPlain });
}

function addressIn(text: string): OcmAddress | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (isFailure(error, 'invalid')) return undefined;
    throw error;
  }
}

function neither(text: string): Placed {
  const shown = showName(cutText(text, { characters: 80 }));
  return { kind: 'refused', why: `"${shown}" is neither an e-mail address nor an address such as name@cloud.example.` };
}

function elsewhere({ host }: OcmAddress): string {
  return `This cloud does not share with ${host}, or nothing there answers that other clouds can share with. Check the address.`;
}

function notThere({ host }: OcmAddress): Placed {
  return {
    kind: 'refused',
    why: `This cloud does not share with ${host}. Give the person’s e-mail address instead, or ask your administrator to connect the two clouds.`,
  };
}
