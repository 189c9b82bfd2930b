import type { Command } from 'commander';
import type { Cloud } from '../../cloud.js';
import { invalid } from '../../kernel/index.js';
import { eachPage } from '../../platform/index.js';
import {
  abilitiesOfPeer,
  DIALECTS,
  PROBE_SENTENCES,
  spokenNames,
  takesProposals,
  TRANSPORTS,
  type ConsumerPair,
  type DialectName,
  type OcmDraft,
  type Peer,
  type PeerChanges,
  type PeerDraft,
  type PeerSummary,
  type ProposalTransport,
  type Recognised,
} from '../../peers/index.js';
import type { CommandContext } from '../context/context.js';
import { shellWord } from '../context/output.js';
import { addPeerJoining, joiningLines } from './peer-joining.js';
import { ocmChanges, ocmListed, ocmOf, tellMoved, tellSpoken, withOcm, type OcmOptions } from './peer-ocm.js';

interface PeerOptions extends OcmOptions {
  readonly url?: string;
  readonly shareUrl?: string;
  readonly unshareUrl?: string;
  readonly credentialsUrl?: string;
  readonly dialect?: string;
  readonly transport?: string;
  readonly storageApi?: string;
  readonly origin?: string[];
  readonly emailDomain?: string[];
  readonly returnUrl?: string;
  readonly description?: string;
  readonly logo?: string;
  readonly proposalsPerMinute?: number;
  readonly messagesPerMinute?: number;
  readonly allowUnsigned?: boolean;
  readonly credentialsByGet?: boolean;
  readonly consumerKey?: string;
  readonly consumerSecret?: string;
  readonly consumerSecretStdin?: boolean;
  readonly allowOtherHosts?: boolean;
  readonly sharedOrigins?: boolean;
  readonly json?: boolean;
}

/** `footbridge peer …`: the clouds that this one trusts. */
export function addPeer(program: Command, context: CommandContext): void {
  const peer = program.command('peer').description('clouds that this one trusts');
  withOcm(withRecord(peer.command('add <name>')))
    .description('trust a cloud; prints the consumer key and secret issued to it, once')
    .option('--url <url>', 'the address of the cloud: everything else is read there (CloudSpaces, Open Cloud Mesh)')
    .option('--allow-other-hosts', 'the endpoints that it names may lie on other hosts')
    .option('--json', 'answer as JSON')
    .action(async (name: string, options: PeerOptions) => add(context, name, await withSecret(context, options)));
  withOcm(withRecord(peer.command('set <name>')))
    .description('change what is recorded of a cloud')
    .option('--ocm-url <url|none>', 'its server of Open Cloud Mesh, which is asked now; none: it does not speak that')
    .option('--no-allow-unsigned', 'it signs its messages')
    .option('--no-credentials-by-get', 'it takes credentials by POST')
    .action(async (name: string, options: PeerOptions) => change(context, name, await withSecret(context, options)));
  addPeerJoining(peer, context);
  peer
    .command('list')
    .description('list the trusted clouds, and those on their way')
    .option('--json', 'answer as JSON')
    .action((options: { json?: boolean }) => list(context, options.json === true));
  for (const [verb, description] of Object.entries(DESCRIPTIONS) as [keyof typeof DESCRIPTIONS, string][]) {
    peer
      .command(`${verb} <name>`)
      .description(description)
      .action((name: string) =>
        context.withCloud(async ({ services }) => {
          const ended = (await services.neighbours.peers[verb](name)) ?? 0;
          context.output.say(`${name} is ${verb === 'remove' ? 'removed' : `${verb}ed`}.${endedWords(verb, ended)}`);
        }),
      );
  }
}

function endedWords(verb: keyof typeof DESCRIPTIONS, ended: number): string {
  if (verb === 'unblock') return ' Ended shares stay ended.';
  return ended === 1 ? ' 1 share has ended.' : ` ${String(ended)} shares have ended.`;
}

const DESCRIPTIONS = {
  block: 'trust a cloud no longer; every share with it ends',
  unblock: 'trust a blocked cloud again; ended shares stay ended',
  remove: 'forget a cloud; every share with it ends',
} as const;

async function withSecret(context: CommandContext, options: PeerOptions): Promise<PeerOptions> {
  return options.consumerSecretStdin === true ? { ...options, consumerSecret: await context.readLine() } : options;
}

function withRecord(command: Command): Command {
  const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];
  return command
    .option('--share-url <url>', 'where it takes proposals')
    .option('--unshare-url <url>', 'where it learns of ends')
    .option('--credentials-url <url>', 'where it takes credentials')
    .option('--dialect <name>', DIALECTS.join(', '))
    .option('--transport <name>', `how it takes proposals: ${TRANSPORTS.join(', ')}`)
    .option('--storage-api <name>', 'which storage API it serves')
    .option('--origin <origin>', 'a further origin of its addresses (may be repeated)', collect)
    .option('--email-domain <domain>', 'its users have addresses there (may be repeated)', collect)
    .option('--description <text>', 'a sentence for people who choose between clouds')
    .option('--logo <url>', 'its picture: PNG, JPEG, WebP or GIF, at most 64 KiB')
    .option('--proposals-per-minute <count>', 'how many proposals of it are taken', Number)
    .option('--messages-per-minute <count>', 'how many other messages of it are taken', Number)
    .option('--return-url <url>', 'where a recipient is sent after the decision')
    .option('--allow-unsigned', 'INSECURE: it cannot sign its messages')
    .option('--credentials-by-get', 'INSECURE: it takes credentials by GET only')
    .option('--consumer-key <key>', 'the key that it issued to us')
    .option('--consumer-secret <secret>', 'the secret that it issued to us (other users of the machine may see it)')
    .option('--consumer-secret-stdin', 'read that secret from standard input')
    .option('--shared-origins', 'another peer may have the same origin');
}

async function add(context: CommandContext, name: string, options: PeerOptions): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const found = options.url === undefined ? undefined : await recognised(services, options.url, options);
    const { peer, issued } = await services.neighbours.peers.add(
      draftOf({ ...found, ...recordOf(options), name, ocm: withTyped(found?.ocm, options) }),
      consentOf(options),
    );
    // Whoever speaks nothing else signs with keys that it publishes itself.
    const isIssued = abilitiesOfPeer(peer).exchangesKeys;
    if (options.json === true) {
      const pair = isIssued ? { consumerKey: issued.key, consumerSecret: issued.secret } : null;
      context.output.json({ name: peer.name, issued: pair, ocm: ocmListed(peer.ocm) });
      return;
    }
    context.output.say(`${peer.name} is trusted.${isIssued ? KEYS_FOLLOW : ''}`);
    if (isIssued) tellKeys(context, peer, issued);
    tellSpoken(context, services, peer, found?.said);
  });
}

async function change(context: CommandContext, name: string, options: PeerOptions): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const { peers } = services.neighbours;
    const changes = { ...recordOf(options), ...(await ocmChanges(services, name, options)) };
    const before = await peers.byName(name);
    const after = await peers.set(name, changes, consentOf(options));
    context.output.say(`Changed ${name}.`);
    tellMoved(context, before, after);
  });
}

const KEYS_FOLLOW = ' Give its administrator these, they are shown only now:';

function tellKeys({ output }: CommandContext, peer: Peer, issued: ConsumerPair): void {
  output.say(`  consumer key     ${issued.key}`);
  output.say(`  consumer secret  ${issued.secret}`);
  if (peer.outbound !== undefined || peer.allowUnsigned) return;
  output.say(`Then record the pair that it issued to you:`);
  output.say(`  footbridge peer set ${shellWord(peer.name)} --consumer-key KEY --consumer-secret SECRET`);
}

async function recognised({ joining }: Cloud['services'], url: string, options: PeerOptions): Promise<Recognised> {
  return joining.recognise(url, { allowOtherHosts: options.allowOtherHosts, namedOrigins: options.origin });
}

function withTyped(found: OcmDraft | undefined, options: PeerOptions): OcmDraft | undefined {
  const typed = ocmOf(options);
  if (found === undefined && typed !== undefined) throw invalid('No server of Open Cloud Mesh was found there.');
  return found && { ...found, ...typed };
}

function draftOf(record: PeerChanges & { readonly name: string }): PeerDraft {
  const { shareUrl, credentialsUrl } = record;
  if (shareUrl === undefined || credentialsUrl === undefined)
    throw invalid('Name the cloud by --url, or its addresses by --share-url and --credentials-url.');
  return { ...record, shareUrl, credentialsUrl };
}

/** Only what the command line names. */
function recordOf(options: PeerOptions): PeerChanges {
  const given: PeerChanges = {
    shareUrl: options.shareUrl,
    unshareUrl: options.unshareUrl,
    credentialsUrl: options.credentialsUrl,
    dialect: options.dialect as DialectName | undefined,
    transport: options.transport as ProposalTransport | undefined,
    storageApi: options.storageApi,
    origins: options.origin,
    emailDomains: options.emailDomain,
    returnUrl: options.returnUrl,
    description: options.description,
    logoUrl: options.logo,
    limits: limitsOf(options),
    allowUnsigned: options.allowUnsigned,
    credentialsByGet: options.credentialsByGet,
    outbound: pairOf(options),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function limitsOf({ proposalsPerMinute, messagesPerMinute }: PeerOptions): PeerChanges['limits'] {
  return {
    ...(proposalsPerMinute !== undefined && { proposals: proposalsPerMinute }),
    ...(messagesPerMinute !== undefined && { messages: messagesPerMinute }),
  };
}

function pairOf({ consumerKey, consumerSecret }: PeerOptions): ConsumerPair | undefined {
  if (consumerKey === undefined && consumerSecret === undefined) return undefined;
  if (consumerKey === undefined || consumerSecret === undefined) {
    throw invalid('--consumer-key and --consumer-secret belong together.');
  }
  return { key: consumerKey, secret: consumerSecret };
}

function consentOf({ sharedOrigins }: PeerOptions): { sharedOrigins?: boolean } {
  return sharedOrigins === undefined ? {} : { sharedOrigins };
}

async function list(context: CommandContext, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const peers: PeerSummary[] = [];
    for await (const { items, unreadable } of eachPage((wish) => services.neighbours.peers.lists.page(wish))) {
      peers.push(...items);
      for (const id of unreadable) context.output.warn(`What is stored of the peer ${id} is damaged.`);
    }
    if (asJson) context.output.json(peers.map(listed));
    else {
      const rows = peers.map((peer) => ({
        name: peer.name,
        dialect: spokenNames(peer).join(', '),
        transport: peer.transport,
        'share address': peer.shareUrl,
        state: stateOf(peer),
      }));
      context.output.table(rows, 'No cloud is trusted yet. Join one with: footbridge peer join URL');
      const lines = joiningLines(await services.joining.joinRequests.list(), await services.joining.joins.list());
      if (lines.length > 0) context.output.say('');
      if (lines.length > 0) context.output.table(lines, '');
    }
  }, 'reads');
}

function stateOf(peer: PeerSummary): string {
  if (peer.blocked) return 'blocked';
  const flags = [
    ...(peer.probe === undefined || peer.probe.outcome === 'well' ? [] : [PROBE_SENTENCES[peer.probe.outcome]]),
    ...(peer.ocm?.isMet === true ? ['met: nobody registered it'] : []),
    ...(!abilitiesOfPeer(peer).exchangesKeys || takesProposals(peer) ? [] : ['waits for its keys']),
    ...(peer.allowUnsigned ? ['insecure: unsigned'] : []),
    ...(peer.credentialsByGet ? ['insecure: credentials by GET'] : []),
  ];
  return flags.length === 0 ? 'ready' : flags.join(', ');
}

/** The JSON keys of product.md, and what it is in Open Cloud Mesh. */
function listed(peer: PeerSummary) {
  const { name, dialect, transport, shareUrl, unshareUrl, credentialsUrl, origins, allowUnsigned, blocked } = peer;
  return {
    name,
    dialect,
    transport,
    shareUrl,
    unshareUrl: unshareUrl ?? null,
    credentialsUrl,
    origins,
    allowUnsigned,
    blocked,
    ocm: ocmListed(peer.ocm),
  };
}
