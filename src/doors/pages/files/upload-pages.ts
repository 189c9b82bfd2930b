import type { Readable } from 'node:stream';
import type { Response } from 'express';
import type { Tree } from '../../../files/index.js';
import { cutText, Failure, isFailure, type ItemId } from '../../../kernel/index.js';
import { row, type AnyRow, type DoorRequest } from '../../door/door.js';
import { preferred } from '../../door/negotiation.js';
import type { Resident } from '../frame/entries.js';
import { folderHref } from './files-model.js';
import { TOKEN_FIELD, staleForm } from '../frame/form-tokens.js';
import { itemParam, leadTo, parseItemName } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { readParts } from './multipart/index.js';
import type { PageServices } from '../frame/services.js';
import { leaveNotice, type Notice } from '../frame/sessions.js';
import { countWords } from '../frame/words.js';

type Taking = Pick<Tree, 'create' | 'put'>;

/** Most refused files that are named one by one. */
const MOST_NAMED = 10;

/** What became of the files of one form. */
interface UploadResult {
  readonly saved: string[];
  readonly refused: { readonly name: string; readonly why: string }[];
}

/** Takes files into a folder, as many as the form holds, each streamed straight into the tree. */
export function uploadRows(kit: PageKit, { tree }: Pick<PageServices, 'tree'>): AnyRow[] {
  return [
    row<Resident>({
      method: 'POST',
      path: '/files/folder/:id/upload',
      summary: 'Takes files into a folder (multipart form, any number of files).',
      body: { kind: 'stream' },
      enter: kit.entries.streamed(kit.entries.resident),
      handle: async (request, response) => {
        const folder = itemParam(request.params);
        answer(request, response, folder, await receive(kit, tree, request, folder));
      },
    }),
  ];
}

async function receive(
  kit: PageKit,
  tree: Taking,
  request: DoorRequest<Resident>,
  folder: ItemId,
): Promise<UploadResult> {
  const result: UploadResult = { saved: [], refused: [] };
  const save = saver(tree, request, folder, result);
  let [admitted, replace] = [false, false];
  await readParts(request.http, {
    field(name, value) {
      if (name === TOKEN_FIELD) kit.tokens.check(request.http, 'page', value);
      if (name === TOKEN_FIELD) admitted = true;
      if (name === 'replace') replace = value === 'yes';
    },
    // The token stands before the files: nothing is taken from a form that no page of ours made (WEB-01).
    file(name, body) {
      if (!admitted) throw staleForm();
      return save(name, body, replace);
    },
  });
  if (!admitted) throw staleForm();
  return result;
}

/** Saves one file after the other; a refused one does not stop the others. */
function saver(tree: Taking, { caller, signal }: DoorRequest<Resident>, folder: ItemId, result: UploadResult) {
  const { principal } = caller;
  const put = async (wanted: string, body: Readable, replace: boolean): Promise<string> => {
    const name = parseItemName(wanted);
    if (replace) await tree.put(principal, folder, name, { body }, { signal });
    else await tree.create(principal, folder, name, { body }, { signal });
    return name;
  };
  return async (name: string, body: Readable, replace: boolean): Promise<void> => {
    try {
      result.saved.push(await put(name, body, replace));
    } catch (error) {
      body.destroy();
      if (!isRefusal(error)) throw error;
      result.refused.push({ name, why: error.message });
    }
  };
}

function isRefusal(error: unknown): error is Failure {
  return isFailure(error) && error.code !== 'internal';
}

function answer({ http }: DoorRequest<Resident>, response: Response, folder: ItemId, result: UploadResult): void {
  leaveNotice(http, noticeOf(result));
  // The page's script asks for JSON and then loads the folder, where the notice is shown.
  if (preferred(http, ['html', 'json']) === 'json') response.json({ ...result, folder: folderHref(folder) });
  else leadTo(response, folderHref(folder));
}

function noticeOf({ saved, refused }: UploadResult): Notice {
  const done = saved.length === 0 ? 'Nothing was uploaded.' : `${countWords(saved.length, 'file')} uploaded.`;
  if (refused.length === 0) return { kind: saved.length === 0 ? 'trouble' : 'done', text: done };
  const reasons = refused.slice(0, MOST_NAMED).map(({ name, why }) => `“${shortName(name)}”: ${why.trim()}`);
  const more = refused.length > MOST_NAMED ? ` And ${String(refused.length - MOST_NAMED)} more.` : '';
  return { kind: 'trouble', text: `${done} Not uploaded: ${reasons.join(' ')}${more}` };
}

function shortName(name: string): string {
  const short = cutText(name, { characters: 60 });
  return short === name ? name : `${short}…`;
}
