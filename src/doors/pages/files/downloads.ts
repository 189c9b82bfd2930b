import type { Response } from 'express';
import { notFound, type ItemId, type PersonPrincipal } from '../../../kernel/index.js';
import type { Tree } from '../../../files/index.js';
import { savedAs } from '../../content/headers.js';
import { SANDBOX, type ContentManner } from '../../content/manner.js';
import { openingFor, sendHead, sendOpened } from '../../content/send.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { itemParam, param, versionNumber } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';

/** The content of files, current and older, for the browser to save. */
export function downloadRows(kit: PageKit, { tree }: Pick<PageServices, 'tree'>): AnyRow[] {
  const download = (path: string, versionOf: (request: DoorRequest<Resident>) => number | undefined): AnyRow =>
    row<Resident>({
      method: 'GET',
      path,
      summary: 'Sends the content of a file as a download; ranges and conditions are honoured.',
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: async (request, response) => {
        const version = versionOf(request);
        await sendContent(tree, request, response, version);
      },
    });
  return [
    download('/files/:id/data', () => undefined),
    download('/files/:id/versions/:version/data', ({ params }) => versionNumber(param(params, 'version'))),
  ];
}

/** Types that stay what they are. Even these are only ever saved, never shown. */
const TYPES =
  /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain|application\/(?:pdf|zip|json))$/;

/** Content of people's files can never act as a page of ours (CNT-01). */
function mannerFor(name: string): ContentManner {
  return {
    conditions: 'own-copy',
    types: TYPES,
    always: { 'Content-Security-Policy': SANDBOX },
    besideContent: { 'Content-Disposition': savedAs(name) },
  };
}

async function sendContent(
  tree: Pick<Tree, 'stat' | 'open' | 'head' | 'versions'>,
  request: DoorRequest<Resident>,
  response: Response,
  version: number | undefined,
): Promise<void> {
  const { http, params } = request;
  const { principal } = request.caller;
  const id = itemParam(params);
  const manner = mannerFor(await nameOf(tree, principal, id, version));
  const asked = openingFor(manner, request, version);
  if (http.method === 'HEAD') sendHead(manner, await tree.head(principal, id, asked), response);
  else await sendOpened(manner, await tree.open(principal, id, asked), request, response);
}

async function nameOf(
  tree: Pick<Tree, 'stat' | 'versions'>,
  principal: PersonPrincipal,
  id: ItemId,
  version: number | undefined,
): Promise<string> {
  if (version === undefined) return (await tree.stat(principal, id)).name;
  const old = (await tree.versions(principal, id)).find((each) => each.version === version);
  if (old === undefined) throw notFound();
  return old.name;
}
