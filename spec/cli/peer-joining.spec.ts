import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { heard, openStrangers } from '../peers/strangers.js';
import { runBeside as run } from '../support/command-line.js';

describe('footbridge peer join and approve', () => {
  it('join two clouds, each seeing in its list how it goes', async () => {
    const { alder, birch } = await openStrangers();
    const { text } = await run(alder, 'peer', 'join', birch.url);
    const [, code = ''] = /^ {2}(\w{5}-\w{5})$/m.exec(text) ?? [];
    expect((await run(alder, 'peer', 'list')).text).toContain(`Birch | ${birch.url} | was asked by us`);
    await birch.services.joining.joinRequests.readWaiting();
    expect((await run(birch, 'peer', 'list')).text).toContain(`Alder | ${alder.url} | asks to join`);
    const approved = await run(birch, 'peer', 'approve', 'Alder', '--code', code);
    expect(approved.text).toBe(`Alder (${alder.url}) is a peer now. The connection works.\n`);
    await heard(alder, birch);
    for (const [station, name] of [
      [alder, 'Birch'],
      [birch, 'Alder'],
    ] as const) {
      const list = await run(station, 'peer', 'list');
      expect(list.text).toMatch(new RegExp(`^${name} .* ready$`, 'm'));
      expect(list.text).not.toContain('asks to join');
    }
  });

  it('answer JSON to scripts, and never a code or a key in the list', async () => {
    const { alder, birch } = await openStrangers();
    const { json } = await run(alder, 'peer', 'join', birch.url, '--json');
    expect(json).toEqual({
      name: 'Birch',
      origin: birch.url,
      code: expect.stringMatching(/^\w{5}-\w{5}$/) as string,
      expiresAt: '2026-11-02T09:15:00.000Z',
    });
    const { code } = json as { code: string };
    await birch.services.joining.joinRequests.readWaiting();
    const approved = await run(birch, 'peer', 'approve', alder.url, '--code', code, '--json');
    expect(approved.json).toEqual({ name: 'Alder', connection: 'well' });
    const list = JSON.stringify((await run(birch, 'peer', 'list', '--json')).json);
    const { inbound } = (await birch.services.neighbours.peers.byName('Alder')) ?? {};
    for (const secret of [code, inbound?.secret, inbound?.key]) expect(list).not.toContain(secret);
  });

  it('refuse in a sentence', async () => {
    const { alder, birch } = await openStrangers();
    await expect(run(alder, 'peer', 'join', alder.url)).rejects.toThrow('this cloud itself');
    await expect(run(birch, 'peer', 'approve', 'Alder', '--code', '0000000000')).rejects.toThrow('asks to join');
    await expect(run(birch, 'peer', 'approve', 'Alder')).rejects.toThrow('--code');
    await expect(run(birch, 'peer', 'rotate', 'Alder')).rejects.toThrow('no such peer');
  });

  it('are followed by new keys and an entry of each in the log of what was done to a peer', async () => {
    const { alder, birch } = await openStrangers();
    const { json } = await run(alder, 'peer', 'join', birch.url, '--json');
    await birch.services.joining.joinRequests.readWaiting();
    await run(birch, 'peer', 'approve', 'Alder', '--code', (json as { code: string }).code);
    const before = (await alder.services.neighbours.peers.byName('Birch'))?.inbound.key;
    expect((await run(alder, 'peer', 'rotate', 'Birch')).text).toContain('Birch has new keys.');
    expect((await birch.services.neighbours.peers.byName('Alder'))?.outbound?.key).not.toBe(before);
    await heard(birch, alder);
    const events = await alder.services.base.database
      .read('peer_events')
      .orderBy('id')
      .select<{ event: string }[]>('event');
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['joined', 'rotated']);
  });
});

describe('footbridge peer export and import', () => {
  async function folder(): Promise<string> {
    const made = await mkdtemp(path.join(tmpdir(), 'footbridge-peers-'));
    onTestFinished(() => rm(made, { recursive: true }));
    return made;
  }

  it('write a file for the operator alone, never over another, and read it at another place', async () => {
    const { alder, birch } = await openStrangers();
    const at = {
      shareUrl: 'http://localhost:9/interop/share',
      credentialsUrl: 'http://localhost:9/interop/credentials',
    };
    await alder.services.neighbours.peers.add({ name: 'Oak', ...at });
    const file = path.join(await folder(), 'peers.json');
    expect((await run(alder, 'peer', 'export', file)).text).toContain('It holds every key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const written = await readFile(file, 'utf8');
    await expect(run(alder, 'peer', 'export', file)).rejects.toThrow('exists already');
    expect(await readFile(file, 'utf8')).toBe(written);
    expect((await run(birch, 'peer', 'import', file)).text).toBe('added      Oak\n');
    expect((await run(birch, 'peer', 'import', file, '--json')).json).toEqual({
      added: [],
      unchanged: ['Oak'],
      refused: [],
    });
    expect((await birch.services.neighbours.peers.byName('Oak'))?.inbound).toEqual(
      (await alder.services.neighbours.peers.byName('Oak'))?.inbound,
    );
  });

  it('say which were refused, with a status that is no success', async () => {
    const { alder, birch } = await openStrangers();
    const at = {
      shareUrl: 'http://localhost:9/interop/share',
      credentialsUrl: 'http://localhost:9/interop/credentials',
    };
    for (const { services } of [alder, birch]) await services.neighbours.peers.add({ name: 'Oak', ...at });
    const file = path.join(await folder(), 'peers.json');
    await run(alder, 'peer', 'export', file);
    await expect(run(birch, 'peer', 'import', file)).rejects.toThrow('Not all of them could be added');
    await writeFile(file, '{}');
    await expect(run(birch, 'peer', 'import', file)).rejects.toThrow('Nothing was changed');
    await expect(run(birch, 'peer', 'import', `${file}.none`)).rejects.toThrow('cannot be used (ENOENT)');
  });
});
