import type { Command } from 'commander';
import type { Cloud } from '../../cloud.js';
import { invalid, rfc3339 } from '../../kernel/index.js';
import {
  addressesAt,
  foundIn,
  isOtherKey,
  isSameServer,
  OCM_SHAPES,
  ocmUrl,
  operatorNotes,
  readOcmPlace,
  SIGNATURE_RULES,
  spokenWords,
  type OcmDraft,
  type OcmSaid,
  type OcmTerms,
  type Peer,
  type PeerChanges,
} from '../../peers/index.js';
import type { CommandContext } from '../context/context.js';

/** What is typed about Open Cloud Mesh. */
export interface OcmOptions {
  readonly ocmUrl?: string;
  readonly signatures?: string;
  readonly acceptsAlone?: string;
  readonly exchangeTokens?: string;
  readonly legacyNotifications?: string;
  readonly ocmShape?: string;
}

/** The options of `peer add` and `peer set` about Open Cloud Mesh. */
export function withOcm(command: Command): Command {
  return command
    .option('--signatures <rule>', `Open Cloud Mesh: ${SIGNATURE_RULES.join(', ')}, or default (as the setting says)`)
    .option('--accepts-alone <yes|no>', 'Open Cloud Mesh: its shares are accepted without asking the recipient')
    .option('--exchange-tokens <yes|no>', 'Open Cloud Mesh: secrets are exchanged for tokens with it')
    .option('--legacy-notifications <yes|no>', 'Open Cloud Mesh: what it tells without a proof (oCIS) has us look')
    .option('--ocm-shape <shape>', `Open Cloud Mesh: how shares are written to it: ${OCM_SHAPES.join(', ')}, or auto`);
}

/** Changes of what a peer is in Open Cloud Mesh; undefined when none is typed. */
export function ocmOf(options: OcmOptions): OcmDraft | undefined {
  const { signatures, acceptsAlone, exchangeTokens, legacyNotifications, ocmShape } = options;
  const draft: OcmDraft = {
    ...(signatures !== undefined && { signatures: wordOr(SIGNATURE_RULES, 'default', signatures, '--signatures') }),
    ...(acceptsAlone !== undefined && { acceptsAlone: yesOrNo(acceptsAlone, '--accepts-alone') }),
    ...(exchangeTokens !== undefined && { exchangesTokens: yesOrNo(exchangeTokens, '--exchange-tokens') }),
    ...(legacyNotifications !== undefined && {
      legacyNotifications: yesOrNo(legacyNotifications, '--legacy-notifications'),
    }),
    ...(ocmShape !== undefined && { manner: { shape: wordOr(OCM_SHAPES, 'auto', ocmShape, '--ocm-shape') } }),
  };
  return Object.keys(draft).length === 0 ? undefined : draft;
}

/** Changes of a peer that exists: its server, asked for what it says now, and what else is typed. */
export async function ocmChanges(
  { ocm: rooms, neighbours, base }: Cloud['services'],
  name: string,
  options: OcmOptions,
): Promise<PeerChanges> {
  const draft = ocmOf(options);
  if (options.ocmUrl === 'none') return { ocm: null };
  if (options.ocmUrl === undefined) {
    const peer = draft === undefined ? undefined : await neighbours.peers.byName(name);
    if (peer !== undefined && peer.ocm === undefined)
      throw invalid(`${name} does not speak Open Cloud Mesh as far as is known here: name its server by --ocm-url.`);
    return draft === undefined ? {} : { ocm: draft };
  }
  const place = readOcmPlace(options.ocmUrl, base.config.allowInsecurePeers);
  const said = await rooms.ask(place);
  const peer = await neighbours.peers.byName(name);
  return { ...addressesAt(peer, said.endPoint), ocm: { ...place, found: foundIn(said), ...draft } };
}

/** Says what a cloud speaks, and what its administrator has to do. */
export function tellSpoken({ output }: CommandContext, { base }: Cloud['services'], peer: Peer, said?: OcmSaid): void {
  const signs = said === undefined ? '' : said.signing === 'unsigned' ? ', and does not sign' : ', and signs';
  const version = said === undefined ? '' : ` ${said.version}`;
  output.say(`It speaks ${spokenWords(peer)}${version}${signs}.`);
  if (peer.ocm !== undefined) for (const note of operatorNotes(peer.ocm, base.webOrigin)) output.say(note);
}

/** Says what a new address of its server means, and whether it looks like another one there. */
export function tellMoved({ output }: CommandContext, before: Peer | undefined, after: Peer): void {
  if (before?.ocm === undefined || after.ocm === undefined || isSameServer(before.ocm, after.ocm)) return;
  output.say(`It is at ${ocmUrl(after.ocm)} now, and its shares follow it.`);
  if (isOtherKey(before.ocm.found.key, after.ocm.found.key))
    output.say('It does not publish the key that it had before: make sure that it is the same server.');
}

/** What lists tell of it. */
export function ocmListed(ocm: OcmTerms | undefined) {
  if (ocm === undefined) return null;
  return {
    url: ocmUrl(ocm),
    signatures: ocm.signatures ?? 'default',
    signsSince: ocm.signsSince === undefined ? null : rfc3339(ocm.signsSince),
    shape: ocm.manner.shape ?? 'auto',
    acceptsAlone: ocm.acceptsAlone,
    exchangesTokens: ocm.exchangesTokens,
    legacyNotifications: ocm.legacyNotifications,
    isMet: ocm.isMet,
  };
}

function wordOr<Word extends string>(
  words: readonly Word[],
  none: string,
  text: string,
  option: string,
): Word | undefined {
  const word = words.find((each) => each === text);
  if (word === undefined && text !== none) throw invalid(`${option} is one of: ${[...words, none].join(', ')}.`);
  return word;
}

function yesOrNo(text: string, option: string): boolean {
  if (text !== 'yes' && text !== 'no') throw invalid(`${option} is yes or no.`);
  return text === 'yes';
}
