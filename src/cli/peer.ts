import type { Command } from 'commander';
import type { Cloud } from '../cloud.js';
import { invalid } from '../kernel/index.js';
import {
  DIALECTS,
  discover,
  PROBE_SENTENCES,
  TRANSPORTS,
  type ConsumerPair,
  type DialectName,
  type Peer,
  type PeerChanges,
  type ProposalTransport,
} from '../peers/index.js';
import type { CommandContext } from './context.js';
import { addPeerJoining, joiningLines } from './peer-joining.js';

interface PeerOptions {
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
  withRecord(peer.command('add <name>'))
    .description('trust a cloud; prints the consumer key and secret issued to it, once')
    .option('--url <url>', 'the address of the cloud: everything else is read from its /.well-known/cloudspaces')
    .option('--allow-other-hosts', 'the endpoints that it names may lie on other hosts')
    .option('--json', 'answer as JSON')
    .action(async (name: string, options: PeerOptions) => add(context, name, await withSecret(context, options)));
  withRecord(peer.command('set <name>'))
    .description('change what is recorded of a cloud')
    .option('--no-allow-unsigned', 'it signs its messages')
    .option('--no-credentials-by-get', 'it takes credentials by POST')
    .action(async (name: string, typed: PeerOptions) => {
      const options = await withSecret(context, typed);
      await context.withCloud(async ({ services }) => {
        await services.peers.set(name, recordOf(options), consentOf(options));
        context.output.say(`Changed ${name}.`);
      });
    });
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
          const ended = (await services.peers[verb](name)) ?? 0;
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
    const found = options.url === undefined ? undefined : await discovered(services, options.url, options);
    const record = { ...found, ...recordOf(options), name };
    const { shareUrl, credentialsUrl } = record;
    if (shareUrl === undefined || credentialsUrl === undefined) {
      throw invalid('Name the cloud by --url, or its addresses by --share-url and --credentials-url.');
    }
    const { peer, issued } = await services.peers.add({ ...record, shareUrl, credentialsUrl }, consentOf(options));
    if (options.json === true) {
      context.output.json({ name: peer.name, issued: { consumerKey: issued.key, consumerSecret: issued.secret } });
      return;
    }
    context.output.say(`${peer.name} is trusted. Give its administrator these, they are shown only now:`);
    context.output.say(`  consumer key     ${issued.key}`);
    context.output.say(`  consumer secret  ${issued.secret}`);
    if (peer.outbound === undefined && !peer.allowUnsigned) {
      context.output.say(`Then record the pair that it issued to you:`);
      context.output.say(`  footbridge peer set ${quoted(peer.name)} --consumer-key KEY --consumer-secret SECRET`);
    }
  });
}

async function discovered(services: Cloud['services'], url: string, options: PeerOptions): Promise<PeerChanges> {
  const found = await discover(services.outbound, url, {
    allowOtherHosts: options.allowOtherHosts,
    namedOrigins: options.origin,
  });
  const { name: _claimed, joinUrl: _join, ...record } = found;
  return record;
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
    const peers = await services.peers.list();
    if (asJson) context.output.json(peers.map(listed));
    else {
      const rows = peers.map((peer) => ({
        name: peer.name,
        dialect: peer.dialect,
        transport: peer.transport,
        'share address': peer.shareUrl,
        state: stateOf(peer),
      }));
      context.output.table(rows, 'No cloud is trusted yet. Join one with: footbridge peer join URL');
      const lines = joiningLines(await services.joinRequests.list(), await services.joins.list());
      if (lines.length > 0) context.output.say('');
      if (lines.length > 0) context.output.table(lines, '');
    }
  });
}

function stateOf(peer: Peer): string {
  if (peer.blocked) return 'blocked';
  const flags = [
    ...(peer.probe === undefined || peer.probe.outcome === 'well' ? [] : [PROBE_SENTENCES[peer.probe.outcome]]),
    ...(peer.outbound === undefined && !peer.allowUnsigned ? ['waits for its keys'] : []),
    ...(peer.allowUnsigned ? ['insecure: unsigned'] : []),
    ...(peer.credentialsByGet ? ['insecure: credentials by GET'] : []),
  ];
  return flags.length === 0 ? 'ready' : flags.join(', ');
}

/** The JSON keys of product.md. */
function listed(peer: Peer) {
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
  };
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
}
