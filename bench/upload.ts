import type { Settler } from '../spec/journeys/support/process-pair.js';
import { send } from '../spec/journeys/support/wire.js';
import { streamOf } from './content.js';

/** Uploads `streamOf(size)` as a new file of somebody's cloud; answers its id there. */
export async function upload({ app, at }: Settler, name: string, parent: number, size: number): Promise<number> {
  const path = `/v1/file?name=${name}&parent=${String(parent)}`;
  const headers = {
    ...app.headers('POST', path),
    'content-type': 'application/octet-stream',
    'content-length': String(size),
  };
  const answer = await send(`${at.url}${path}`, { method: 'POST', headers, body: streamOf(size) });
  if (answer.status !== 201) throw new Error(`the upload was answered ${String(answer.status)}: ${answer.text}`);
  return answer.json<{ id: number }>().id;
}
