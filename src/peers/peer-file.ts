import { z } from 'zod';
import { Failure, invalid, isFailure, rfc3339, type Clock } from '../kernel/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import { overlap } from './peer/web-origins.js';
import { checkDraft, checkPair, type PeerDraft } from './peer/peer-draft.js';
import type { PeerEvents } from './peer/peer-events.js';
import { OCM_SHAPES, SIGNATURE_RULES } from './peer/ocm-terms.js';
import { sealPair } from './peer/peer-row.js';
import { DIALECTS, TRANSPORTS, type Peer } from './peer/peer.js';
import type { Peers } from './peers.js';

/** What {@link PeerFile} needs. */
export interface PeerFileParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly peers: Pick<Peers, 'list' | 'enter'>;
  readonly events: Pick<PeerEvents, 'record'>;
  /** `FOOTBRIDGE_ALLOW_INSECURE_PEERS`. */
  readonly allowInsecure: boolean;
}

/** What was done with each peer of a file, by name. */
export interface Imported {
  readonly added: readonly string[];
  /** Peers that exist here with the same values. */
  readonly unchanged: readonly string[];
  /** Left out, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

const text = (max: number) => z.string().min(1).max(max);
const Pair = z.strictObject({ key: text(400), secret: text(400) });

const Ocm = z.strictObject({
  host: text(300),
  path: z.string().max(600),
  isPlain: z.boolean(),
  signatures: z.enum(SIGNATURE_RULES).optional(),
  signsSince: z.int().optional(),
  manner: z.strictObject({
    shape: z.enum(OCM_SHAPES).optional(),
    uri: z.enum(['absolute', 'relative']).optional(),
    folder: z.enum(['file', 'folder']).optional(),
  }),
  acceptsAlone: z.boolean(),
  exchangesTokens: z.boolean(),
  /** Absent in files of releases that did not know it. */
  legacyNotifications: z.boolean().default(false),
  isMet: z.boolean(),
});

const Entry = z.strictObject({
  name: text(100),
  dialect: z.enum(DIALECTS),
  transport: z.enum(TRANSPORTS),
  storageApi: text(50),
  shareUrl: text(400),
  unshareUrl: text(400).optional(),
  credentialsUrl: text(400),
  origins: z.array(text(400)).max(100),
  emailDomains: z.array(text(253)).max(100),
  returnUrl: text(400).optional(),
  description: text(300).optional(),
  logoUrl: text(400).optional(),
  limits: z.strictObject({ proposals: z.int().optional(), messages: z.int().optional() }),
  allowUnsigned: z.boolean(),
  credentialsByGet: z.boolean(),
  blocked: z.boolean(),
  inbound: Pair,
  previousInbound: z.strictObject({ ...Pair.shape, until: z.int().optional() }).optional(),
  outbound: Pair.optional(),
  ocm: Ocm.optional(),
});
type Entry = z.infer<typeof Entry>;

const PeerDocument = z.strictObject({
  footbridge: z.literal('peers'),
  version: z.literal(1),
  exportedAt: z.string().max(40),
  peers: z.array(Entry).max(10_000),
});

/** All peers as a file, with their keys: whoever has the file can sign as this cloud and as each of them. */
export class PeerFile {
  readonly #parts: PeerFileParts;

  constructor(parts: PeerFileParts) {
    this.#parts = parts;
  }

  /** Writes a file that {@link read} takes, here or on another machine to which this cloud moves. */
  async write(actor: string): Promise<string> {
    const { peers, database, events, clock } = this.#parts;
    const all = await peers.list();
    await database.write(async (trx) => {
      for (const { id: peerId } of all) await events.record(trx, { peerId, event: 'exported', actor });
    });
    const document = { footbridge: 'peers', version: 1, exportedAt: rfc3339(clock.now()), peers: all.map(entryOf) };
    return `${JSON.stringify(document, undefined, 2)}\n`;
  }

  /**
   * Adds the peers of a file that are not here yet, all in one transaction. A peer that differs from one of this cloud
   * is refused, and nothing of this cloud is changed. Throws `invalid`, without changing anything, when anything in the
   * file is wrong.
   */
  async read(content: string, actor: string): Promise<Imported> {
    const entries = readEntries(content);
    for (const entry of entries) this.#check(entry);
    return this.#parts.database.write(async (trx) => {
      const known = await this.#parts.peers.list(trx);
      const sorted = entries.map((entry) => ({ entry, ...comparisonOf(entry, known) }));
      const added = sorted.filter(({ standing }) => standing === 'new').map(({ entry }) => entry);
      for (const entry of added) await this.#add(trx, entry, actor);
      return {
        added: added.map(({ name }) => name),
        unchanged: sorted.filter(({ standing }) => standing === 'same').map(({ entry }) => entry.name),
        refused: sorted.flatMap(({ entry: { name }, standing, why }) => (standing === 'other' ? [{ name, why }] : [])),
      };
    });
  }

  #check(entry: Entry): void {
    try {
      const { name } = checkDraft(draftOf(entry), this.#parts.allowInsecure);
      if (name !== entry.name) throw invalid('This is not how the name of a peer is written.');
      for (const pair of [entry.inbound, entry.previousInbound, entry.outbound])
        if (pair !== undefined) checkPair(pair);
    } catch (error) {
      if (isFailure(error)) throw invalid(`${entry.name}: ${error.message}`);
      throw error;
    }
  }

  async #add(trx: Transaction, entry: Entry, actor: string): Promise<void> {
    const { peers, events, sealer, clock } = this.#parts;
    // They were compared with the peers of this cloud. Among themselves they may share origins, as in the cloud that
    // wrote the file.
    const { id } = await peers.enter(trx, draftOf(entry), entry.inbound, { sharedOrigins: true });
    const previous = entry.previousInbound;
    const columns = {
      ...(entry.blocked && { blocked_at: clock.now() }),
      ...(previous && { ...sealPair(sealer, id, 'previous_inbound', previous) }),
      ...(previous && { previous_inbound_until: previous.until ?? null }),
    };
    if (Object.keys(columns).length > 0) await trx('peers').where({ id }).update(columns);
    await events.record(trx, { peerId: id, event: 'imported', actor });
  }
}

function readEntries(content: string): readonly Entry[] {
  const { peers } = parse(content);
  for (const [what, words] of [
    ['name', peers.map(({ name }) => name)],
    ['key', peers.map(({ inbound }) => inbound.key)],
  ] as const) {
    if (new Set(words).size !== words.length) throw unreadable(`two of its peers have the same ${what}`);
  }
  return peers;
}

function parse(content: string): z.infer<typeof PeerDocument> {
  try {
    return PeerDocument.parse(JSON.parse(content));
  } catch (cause) {
    throw unreadable(cause instanceof z.ZodError ? placeOf(cause) : 'it is not JSON');
  }
}

/** The path of the first error; not its value, which may be a secret. */
function placeOf({ issues }: z.ZodError): string {
  return `${issues[0]?.path.join('.') || 'its outermost object'} is not as it should be`;
}

function unreadable(why: string): Failure {
  return invalid(`This is no file of peers, version 1: ${why}. Nothing was changed.`);
}

function entryOf(peer: Peer): Entry {
  const { id: _id, probe: _probe, said: _said, createdAt: _createdAt, changedAt: _changedAt, ...entry } = peer;
  const ocm = entry.ocm && { ...entry.ocm, found: undefined };
  return Entry.parse(JSON.parse(JSON.stringify({ ...entry, ocm })));
}

function draftOf({ inbound: _inbound, previousInbound: _previous, blocked: _blocked, ...draft }: Entry): PeerDraft {
  return draft;
}

type Comparison = { readonly standing: 'new' | 'same' | 'other'; readonly why: string };

function comparisonOf(entry: Entry, known: readonly Peer[]): Comparison {
  const other = (why: string): Comparison => ({ standing: 'other', why });
  const namesake = known.find(({ name }) => name === entry.name);
  if (namesake !== undefined) {
    const isSame = JSON.stringify(entryOf(namesake)) === JSON.stringify(Entry.parse(entry));
    return isSame ? { standing: 'same', why: '' } : other('A peer of this name is here, with other settings or keys.');
  }
  const holder = known.find(({ inbound }) => inbound.key === entry.inbound.key);
  if (holder !== undefined) return other(`Its key belongs to the peer ${holder.name}.`);
  const neighbour = known.find(({ origins }) =>
    origins.some((one) => entry.origins.some((each) => overlap(one, each))),
  );
  return neighbour === undefined ? { standing: 'new', why: '' } : other(`Its address belongs to ${neighbour.name}.`);
}
