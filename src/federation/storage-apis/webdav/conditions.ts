import type { NodeKey } from '../../../files/index.js';
import type { Random } from '../../../kernel/index.js';
import type { Log } from '../../../platform/index.js';
import type { LearntManners } from './wire/manners.js';
import { keyIn, ROOT, type ServerRoot } from './wire/paths.js';
import type { DavTransport } from './wire/transport.js';

/** What is needed to find out whether a server obeys conditions. */
export interface TryingInputs {
  readonly root: ServerRoot;
  readonly transport: DavTransport;
  readonly manners: LearntManners;
  readonly random: Random;
  readonly log: Pick<Log, 'warn'>;
}

/** A tag that nothing has. */
const NO_TAG = '"fb-nothing-has-this-tag"';

/**
 * Whether a server obeys conditions of changes (RFC 9110 13.1.1). It is tried once per mount: an empty file with a
 * condition that cannot hold, under a name that nobody has. A server that obeys refuses it. Some do not (webdav.md 2):
 * then the file is made, and deleted again. `holder`: a folder.
 */
export async function keepsConditions(inputs: TryingInputs, holder: NodeKey = ROOT): Promise<boolean> {
  const { manners } = inputs;
  const { keepsConditions: known } = await manners.all();
  if (known !== undefined) return known;
  const found = await tried(inputs, holder);
  // A refusal for another reason says nothing about conditions: it is tried again next time.
  if (found !== undefined) await manners.learn({ keepsConditions: found });
  return found ?? false;
}

async function tried({ root, transport, random, log }: TryingInputs, holder: NodeKey): Promise<boolean | undefined> {
  const url = root.urlOf(keyIn(holder, `.fb-try-${random.bytes(16).toString('hex')}`), 'file');
  const headers = { 'if-match': NO_TAG, 'content-length': '0', 'content-type': 'application/octet-stream' };
  const { status } = await transport.change({ method: 'PUT', url, headers, body: Buffer.alloc(0) });
  if (status === 412) return true;
  if (status < 200 || status > 299) return undefined;
  const removed = await transport.change({ method: 'DELETE', url });
  if (removed.status > 299 && removed.status !== 404) log.warn({ status: removed.status }, 'a trial file stays behind');
  return false;
}
