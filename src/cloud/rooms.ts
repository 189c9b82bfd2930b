import {
  Accounts,
  Addresses,
  createPassport,
  PasswordHasher,
  PasswordLinks,
  Passwords,
  SessionStore,
} from '../accounts/index.js';
import { AccessTokens, Clients } from '../clients/index.js';
import { Breakers, createWorker, Outbox, type DeliveryHandler, type DeliveryWorker } from '../deliveries/index.js';
import {
  createCourier,
  createSignedWire,
  createSpecDialect,
  ForeignFolders,
  StacksyncSpace,
  type Dialect,
  type Kinds,
  type StorageApi,
} from '../federation/index.js';
import { Sweeper, Tree } from '../files/index.js';
import { Grants } from '../grants/index.js';
import { Failure, randomWord, type ItemId, type PeerId } from '../kernel/index.js';
import { createLetters, createMailer, type LetterName } from '../mail/index.js';
import { createSigner } from '../oauth1/index.js';
import { Peers, type Peer } from '../peers/index.js';
import { createMemory, type Queries, type Transaction } from '../platform/index.js';
import {
  Decisions,
  DestinationHalf,
  Endings,
  IncomingShares,
  Invitations,
  Mounting,
  OriginHalf,
  OutgoingShares,
  Proposals,
  Receiving,
  ShareEvents,
  Sharing,
  Tombstones,
  type Post,
} from '../shares/index.js';
import { viewsFolder } from './folders.js';
import type { Foundation } from './foundation.js';

/** The kind of delivery that carries a mail. */
const MAIL = 'mail';

/** Everything that a cloud is made of, wired once. */
export type Rooms = ReturnType<typeof furnish>;

/** Builds every room on the foundation; nothing runs yet. */
export function furnish(base: Foundation) {
  const { config, clock, random, database, sealer, limiter, contents, outbound, log } = base;
  const publicOrigin = config.publicUrl.origin;
  const storageBase = `${publicOrigin}${config.apiPrefix}`;

  const remember = createMemory(database);
  const outbox = new Outbox({ database, clock, sealer });
  const breakers = new Breakers(clock);
  const post: Post = async (trx, letter) => {
    await outbox.enqueue(trx, { kind: MAIL, lane: `mail:${randomWord(random)}`, payload: { ...letter } });
  };

  // Rooms below shares call up through these; the rooms they call are built further down.
  const endings: { current?: Endings } = {};
  const ended = (): Endings => {
    if (endings.current === undefined) throw new Failure('internal', 'The cloud is not built yet.');
    return endings.current;
  };

  const accounts = new Accounts({
    database,
    clock,
    random,
    onEnding: (trx, accountId) => ended().accountGone(trx, accountId),
  });
  const addresses = new Addresses({ database, clock, random, sealer, limiter, post });
  const hasher = new PasswordHasher();
  const passwords = new Passwords({ database, accounts, limiter, hasher });
  const passwordLinks = new PasswordLinks({
    database,
    clock,
    random,
    sealer,
    limiter,
    accounts,
    passwords,
    hasher,
    post,
  });
  const sessions = new SessionStore({ database, clock, sealer });
  const passport = createPassport({ accounts, passwords });
  const clients = new Clients({ database, clock, random, sealer });
  const tokens = new AccessTokens({ database, clock, random, sealer, clients });
  const peers = new Peers({
    database,
    clock,
    random,
    sealer,
    allowInsecure: config.allowInsecurePeers,
    hooks: {
      onBlocked: (trx, peerId) => ended().peerGone(trx, peerId),
      async onRemoved(trx, peerId) {
        await ended().peerGone(trx, peerId);
        await outbox.dropPeer(trx, peerId);
      },
    },
  });
  const peerById = (id: PeerId): Promise<Peer | undefined> => peers.byId(id);

  const grants = new Grants({ clock, random, sealer });
  const events = new ShareEvents(clock);
  const outgoing = new OutgoingShares(clock, events);
  const incoming = new IncomingShares(clock, events);
  const tombstones = new Tombstones(clock);
  const now = (): number => clock.now();
  const origin = new OriginHalf({ outgoing, grants, outbox, now });
  const destination = new DestinationHalf({ incoming, outbox, now });
  endings.current = new Endings({ database, clock, outgoing, incoming, origin, destination });

  const signer = createSigner({ clock, random, insecure: config.allowInsecurePeers });
  const wire = createSignedWire({ outbound, signer, clock });
  const dialects: Readonly<Record<string, Dialect>> = { spec: createSpecDialect(wire) };
  const dialectOf = (peer: Peer): Dialect => {
    const dialect = dialects[peer.dialect];
    if (dialect === undefined) throw new Failure('unavailable', `This cloud does not speak ${peer.dialect} yet.`);
    return dialect;
  };

  const receiving = new Receiving({
    database,
    clock,
    sealer,
    outgoing,
    incoming,
    origin,
    destination,
    outbox,
    tombstones,
  });
  const mounting = new Mounting({ database, clock, random, incoming, destination, outbox, post, publicOrigin });
  const kinds = new Map<string, Kinds>();
  const storageApis: Readonly<Record<string, StorageApi>> = {
    'stacksync-v2': ({ peer, resourceUrl, ...folder }) =>
      new StacksyncSpace({
        ...folder,
        resourceUrl,
        outbound,
        signer,
        log,
        originPins: peer.origins,
        kinds: kindsOf(kinds, resourceUrl),
      }),
  };
  const foreign = new ForeignFolders({
    database,
    incoming,
    peerById,
    breakers,
    remember,
    storageApis,
    credentialsOf: (share) => receiving.credentialsOf(share),
    refused: (incomingId) => mounting.refused(incomingId),
  });

  const tree = new Tree({
    database,
    contents,
    clock,
    defaultQuota: config.defaultQuota,
    openMount: (mount) => foreign.behind(mount),
    grantStanding: (q, principal) => grants.standing(q, principal),
    onRemoved: (trx: Transaction, folderIds: readonly ItemId[]) => ended().foldersRemoved(trx, folderIds),
  });
  const sweeper = new Sweeper({ database, contents, clock });
  const folderName = async (q: Queries, folderId: ItemId): Promise<string | undefined> => {
    const row = await q('items')
      .where({ id: Number(folderId) })
      .first<{ name: string } | undefined>('name');
    return row?.name;
  };

  const invitations = new Invitations({
    database,
    clock,
    random,
    sealer,
    outgoing,
    accounts,
    folderName,
    publicOrigin,
    storageBase,
    limiter,
    half: origin,
    peers: {
      byId: peerById, // A cloud whose dialect this program does not speak yet cannot be picked.
      offered: async () => (await peers.offered()).filter((peer) => dialects[peer.dialect] !== undefined),
    },
    present: (peer, offer) => dialectOf(peer).sendOffer(peer, offer),
  });
  const sharing = new Sharing({
    database,
    clock,
    random,
    limiter,
    accounts,
    tree,
    outgoing,
    incoming,
    origin,
    destination,
    invitations,
    post,
    addressesOf: (accountId) => addresses.provenFolded(database.read, accountId),
  });
  const decisions = new Decisions({
    database,
    clock,
    sealer,
    outgoing,
    grants,
    outbox,
    events,
    folderName,
    half: origin,
  });
  const proposals = new Proposals({
    database,
    clock,
    random,
    sealer,
    incoming,
    outbox,
    tombstones,
    peerById,
    ownsAddress: async (q, accountId, folded) => (await addresses.provenFolded(q, accountId)).includes(folded),
    decisionUrl: (peer, callback, decision) => dialectOf(peer).decisionUrl(peer, callback, decision),
  });

  const letters = createLetters({ viewsFolder, cloudName: config.cloudName, publicUrl: config.publicUrl });
  const mailer = createMailer({
    smtpUrl: config.smtpUrl,
    folder: `${config.dataDir}/mail`,
    from: config.mailFrom,
    cloudName: config.cloudName,
    random,
    clock,
  });
  const mail: DeliveryHandler = async (delivery) => {
    const { letter, to, data } = delivery.payload as unknown as Parameters<Post>[1];
    await mailer.send({ to, ...letters.render(letter as LetterName, data) });
    return { kind: 'done', note: 'handed over' };
  };
  const courier = createCourier({
    database,
    clock,
    peerById,
    dialectOf,
    outgoing,
    incoming,
    grants,
    origin,
    proposals,
    mounting,
    probe: (incomingId) => foreign.probe(incomingId),
  });
  const worker: DeliveryWorker = createWorker({
    database,
    outbox,
    sealer,
    clock,
    random,
    log,
    breakers,
    handlers: { ...courier, [MAIL]: mail },
  });

  return {
    ...base,
    outbox,
    remember,
    breakers,
    worker,
    accounts,
    addresses,
    hasher,
    passwords,
    passwordLinks,
    sessions,
    passport,
    clients,
    tokens,
    peers,
    peerById,
    grants,
    events,
    outgoing,
    incoming,
    endings: endings.current,
    receiving,
    mounting,
    foreign,
    dialectOf,
    tree,
    sweeper,
    sharing,
    invitations,
    decisions,
    proposals,
    mailer,
    publicOrigin,
    storageBase,
    folderName,
    /** Both halves of every agreement, newest first. */
    allShares: async () => ({
      outgoing: await outgoing.views(database.read),
      incoming: await incoming.views(database.read),
    }),
  };
}

/** What was learnt of a folder's keys serves every request to it; forgotten all at once when there are too many. */
function kindsOf(known: Map<string, Kinds>, resourceUrl: string): Kinds {
  const kinds = known.get(resourceUrl) ?? new Map<string, 'file' | 'folder'>();
  if (known.size > 1_000) known.clear();
  known.set(resourceUrl, kinds);
  return kinds;
}
