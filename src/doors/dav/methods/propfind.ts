import type { Response } from 'express';
import type { Item } from '../../../files/index.js';
import { parseName } from '../../../kernel/index.js';
import { PropertyTeller } from '../properties/index.js';
import { readDepth, readPropFind } from '../requests/index.js';
import { addressOf, davRefusal, Places, within, type DavRequest, type Resource } from '../world/index.js';
import { sendMultistatus } from '../xml/index.js';
import { xmlBody } from './bodies.js';
import { ABILITIES } from './options.js';
import type { Handling } from './handling.js';

/** Members that are looked up and told together. */
const BATCH = 200;

/** PROPFIND (RFC 4918 9.1): one resource, or a folder with its members. */
export async function propfind(inputs: Handling, request: DavRequest, response: Response): Promise<void> {
  const depth = readDepth(request.http.headers['depth']);
  const places = new Places(inputs.tree);
  // In another cloud a folder is found by being listed: one question, not two.
  const { resource, children } = await (depth === 1 ? places.listed(request) : whole(places, request));
  const isFolder = resource.item.kind === 'folder';
  if (isFolder && (depth === undefined || depth === 'infinity')) {
    throw davRefusal('forbidden', 'Ask for one folder after the other, with Depth 0 or 1.', {
      precondition: 'propfind-finite-depth',
    });
  }
  const isLenient = request.caller.principal.kind === 'grant';
  const teller = new PropertyTeller(inputs, request, readPropFind(await xmlBody(request), { isLenient }));
  const isSlashless = isFolder && !request.http.path.endsWith('/');
  const headers = isSlashless ? { ...ABILITIES, 'Content-Location': addressOf(request.caller, resource) } : ABILITIES;
  const told = children !== undefined && isFolder ? withMembers(resource, children, teller) : alone(resource, teller);
  await sendMultistatus(response, told, request, headers);
}

async function whole(
  places: Places,
  request: DavRequest,
): Promise<{ readonly resource: Resource; readonly children?: undefined }> {
  return { resource: await places.existing(request) };
}

async function* alone(resource: Resource, teller: PropertyTeller): AsyncGenerator<string> {
  yield teller.tell(resource, await teller.facts.of(resource));
}

/**
 * A folder and its members. Nothing is told before the first member has come: if another cloud fails before that, the
 * answer is a status of its own, not an empty folder.
 */
async function* withMembers(
  folder: Resource,
  children: AsyncIterable<Item>,
  teller: PropertyTeller,
): AsyncGenerator<string> {
  yield* alone(folder, teller);
  let batch: Resource[] = [];
  const tell = async (): Promise<string[]> => {
    const facts = await teller.facts.among(folder, batch);
    return batch.flatMap((member, index) => {
      const known = facts[index];
      return known === undefined ? [] : [teller.tell(member, known)];
    });
  };
  for await (const item of children) {
    if (!isReachable(item)) continue;
    batch.push(within(folder, item));
    if (batch.length < BATCH) continue;
    yield* await tell();
    batch = [];
  }
  yield* await tell();
}

/**
 * False for an item whose name cannot stand in an address of this door. It is left out, because every request for it
 * would be refused.
 */
export function isReachable({ name, status }: Item): boolean {
  return status !== 'DELETED' && isReachableName(name);
}

/** Whether a name can stand in an address of this door. */
export function isReachableName(name: string): boolean {
  try {
    return parseName(name) === name;
  } catch {
    return false;
  }
}
