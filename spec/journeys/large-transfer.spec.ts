import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentCheck } from '../../bench/content.js';
import { watchMemory } from '../../bench/memory.js';
import { upload } from '../../bench/upload.js';
import {
  acceptInvitation,
  addApp,
  invitationTo,
  settleAt,
  startPair,
  type ProcessPair,
  type Settler,
} from './support/process-pair.js';
import { sendAndPass } from './support/wire.js';

const MEBI = 1024 * 1024;
const SIZE = 256 * MEBI;
/** What each process may grow by, whatever the size (npm run bench does the same with 4 GiB). */
const LIMIT = 64 * MEBI;

describe('a large file through both clouds', () => {
  let folder: string;
  let pair: ProcessPair;
  let bo: Settler;
  let mount: number;
  let file: number;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-large-'));
    pair = await startPair(folder);
    await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
    const ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
    bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
    const { id } = await ana.app.makeFolder('Large');
    await ana.app.share(id, bo.email);
    mount = await acceptInvitation(await invitationTo(pair, bo.email), bo, 'Large');
    // What the first transfer loads once is no growth.
    await download(await upload(bo, 'warm.bin', mount, 16 * MEBI), 16 * MEBI);
  });
  afterAll(async () => {
    await pair.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function download(id: number, size: number): Promise<void> {
    const target = `/v1/file/${String(id)}/data`;
    const check = new ContentCheck(size);
    await sendAndPass(`${bo.at.url}${target}`, { headers: bo.app.headers('GET', target) }, (chunk) =>
      check.look(chunk),
    );
    expect(check.isWhole).toBe(true);
  }

  it('FLW-01 goes up with flat memory in both', async () => {
    const growths = await watchMemory([pair.alder, pair.birch], async () => {
      file = await upload(bo, 'large.bin', mount, SIZE);
    });
    for (const { name, bytes } of growths) expect(bytes, `${name} grew`).toBeLessThan(LIMIT);
  });

  it('FLW-01 comes down with flat memory in both', async () => {
    const growths = await watchMemory([pair.alder, pair.birch], () => download(file, SIZE));
    for (const { name, bytes } of growths) expect(bytes, `${name} grew`).toBeLessThan(LIMIT);
  });

  it('FLW-01 a slow reader costs no memory either', async () => {
    const target = `/v1/file/${String(file)}/data`;
    const growths = await watchMemory([pair.alder, pair.birch], async () => {
      const answer = await fetch(`${bo.at.url}${target}`, { headers: bo.app.headers('GET', target) });
      const reader = answer.body?.getReader();
      for (let piece = 0; piece < 20; piece += 1) {
        await reader?.read();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await reader?.cancel();
    });
    for (const { name, bytes } of growths) expect(bytes, `${name} grew`).toBeLessThan(LIMIT);
  });
});
