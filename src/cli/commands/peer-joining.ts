import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Cloud } from '../../cloud.js';
import { Failure, invalid, isFailure, rfc3339 } from '../../kernel/index.js';
import {
  COMMAND_LINE,
  PROBE_SENTENCES,
  showJoinCode,
  type Imported,
  type JoinRequest,
  type WaitingJoin,
} from '../../peers/index.js';
import { readTextFile, type CommandContext } from '../context/context.js';
import { shellWord } from '../context/output.js';

interface JsonOption {
  readonly json?: boolean;
}

interface MoveOptions {
  readonly url: string;
  readonly allowOtherHosts?: boolean;
}

/** `footbridge peer join|approve|rotate|move|export|import`. */
export function addPeerJoining(peer: Command, context: CommandContext): void {
  peer
    .command('join <url>')
    .description('ask another cloud to join; prints a one-time code for its administrator')
    .option('--json', 'answer as JSON')
    .action((url: string, options: JsonOption) => join(context, url, options.json === true));
  peer
    .command('approve <name>')
    .description('approve a cloud that asks to join (by its name or address, see `peer list`)')
    .requiredOption('--code <code>', 'the code that its administrator was shown')
    .option('--json', 'answer as JSON')
    .action((name: string, options: JsonOption & { code: string }) => approve(context, name, options));
  peer
    .command('rotate <name>')
    .description('give a cloud new keys; the ones before work until it has used them')
    .action((name: string) => rotate(context, name));
  peer
    .command('move <name>')
    .description('take over the new address of a cloud that has said itself where it is now; its shares follow')
    .requiredOption('--url <url>', 'its new address')
    .option('--allow-other-hosts', 'the endpoints that it names may lie on other hosts')
    .action((name: string, options: MoveOptions) => move(context, name, options));
  peer
    .command('export <file>')
    .description('write all clouds WITH THEIR KEYS into a new file, readable for you alone')
    .action((file: string) => exportTo(context, file));
  peer
    .command('import <file>')
    .description('add the clouds of such a file that are not here yet')
    .option('--json', 'answer as JSON')
    .action((file: string, options: JsonOption) => importFrom(context, file, options.json === true));
}

async function join(context: CommandContext, url: string, asJson: boolean): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const { name, origin, code, expiresAt } = await services.joining.joins.start(url, COMMAND_LINE).catch(tellHowToAdd);
    if (asJson) {
      context.output.json({ name, origin, code: showJoinCode(code), expiresAt: rfc3339(expiresAt) });
      return;
    }
    context.output.say(`${name} (${origin}) is asked to join. Tell its administrator this code, it is shown only now:`);
    context.output.say(`  ${showJoinCode(code)}`);
    context.output.say(`It works until ${rfc3339(expiresAt)}. While the service runs, see how it goes with:`);
    context.output.say('  footbridge peer list');
  });
}

/** A cloud that cannot be asked to join is added: the refusal says by which command. */
function tellHowToAdd(error: unknown): never {
  if (!isFailure(error) || error.reason !== 'added-not-joined') throw error;
  const { name = '', url = '' } = error.facts;
  const command = `footbridge peer add ${shellWord(String(name))} --url ${shellWord(String(url))}`;
  throw new Failure(error.code, `${error.message}\n  ${command}`, { reason: error.reason });
}

async function approve(context: CommandContext, word: string, options: JsonOption & { code: string }): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const { id } = await services.joining.joinRequests.find(word);
    const { peer, outcome } = await services.joining.joinRequests.approve(id, options.code, COMMAND_LINE);
    if (options.json === true) context.output.json({ name: peer.name, connection: outcome });
    else context.output.say(`${peer.name} (${peer.origins.join(', ')}) is a peer now. ${PROBE_SENTENCES[outcome]}`);
  });
}

async function rotate(context: CommandContext, name: string): Promise<void> {
  await context.withCloud(async ({ services }) => {
    await services.joining.rotation.rotate(name, COMMAND_LINE);
    context.output.say(`${name} has new keys. The ones before work until it has used them, for at most seven days.`);
  });
}

async function move(context: CommandContext, name: string, { url, allowOtherHosts }: MoveOptions): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const { peer, shares } = await services.joining.peerMoves.confirm(name, url, COMMAND_LINE, { allowOtherHosts });
    const followed = shares === 1 ? '1 share follows it' : `${String(shares)} shares follow it`;
    context.output.say(`${peer.name} is at ${peer.origins.join(', ')} now. ${followed}.`);
  });
}

async function exportTo(context: CommandContext, file: string): Promise<void> {
  await context.withCloud(async ({ services }) => {
    const text = await services.joining.peerFile.write(COMMAND_LINE);
    await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
      throw unusable(file, cause);
    });
    context.output.say(`Written to ${file}. It holds every key of peers: whoever has it can speak for this cloud.`);
    if (await hasMesh(services)) context.output.warn(KEYS_STAY);
  }, 'reads');
}

/**
 * The keys with which this cloud signs are kept for ever where they are (open-cloud-mesh.md 10.3): a file that adds what is not
 * there must not change those of the cloud that reads it, which others may know already.
 */
const KEYS_STAY =
  'NOT in such a file: the keys with which a cloud signs messages of Open Cloud Mesh. A Nextcloud refuses another key of the same address for ever: to move a cloud, take its database and its secret key along.';

async function hasMesh({ neighbours }: Cloud['services']): Promise<boolean> {
  return (await neighbours.peers.lists.all()).some(({ ocm }) => ocm !== undefined);
}

async function importFrom(context: CommandContext, file: string, asJson: boolean): Promise<void> {
  const text = await readTextFile(file).catch((cause: unknown) => {
    throw unusable(file, cause);
  });
  await context.withCloud(async ({ services }) => {
    const imported = await services.joining.peerFile.read(text, COMMAND_LINE);
    if (asJson) context.output.json(imported);
    else tell(context, imported);
    if (imported.added.length > 0 && (await hasMesh(services))) context.output.warn(KEYS_STAY);
    if (imported.refused.length > 0) throw new Failure('conflict', 'Not all of them could be added.');
  });
}

function tell({ output }: CommandContext, { added, unchanged, refused }: Imported): void {
  for (const name of added) output.say(`added      ${name}`);
  for (const name of unchanged) output.say(`unchanged  ${name}`);
  for (const { name, why } of refused) output.say(`refused    ${name}: ${why}`);
}

/** What the system says of a file, without a stack. */
function unusable(file: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'EEXIST') return invalid(`${file} exists already. Name a new file.`);
  return invalid(`${file} cannot be used (${code}).`);
}

/** Clouds on their way to become peers, as rows of a table. */
export function joiningLines(requests: readonly JoinRequest[], waiting: readonly WaitingJoin[]) {
  return [
    ...requests.map(({ name, origin, state, askedAt }) => ({
      name,
      address: origin,
      'on its way': REQUEST_WORDS[state],
      time: `asked ${rfc3339(askedAt)}`,
    })),
    ...waiting.map(({ name, origin, expiresAt }) => ({
      name,
      address: origin,
      'on its way': 'was asked by us: waits for its approval',
      time: `code works until ${rfc3339(expiresAt)}`,
    })),
  ];
}

const REQUEST_WORDS: Readonly<Record<JoinRequest['state'], string>> = {
  read: 'asks to join: footbridge peer approve',
  waiting: 'asks to join: not read yet',
  unreadable: 'asks to join: could not be read at this address',
};
