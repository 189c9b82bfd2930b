import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStrangers } from '../peers/strangers.js';
import { runBeside, type CommandSaid } from '../support/command-line.js';
import type { Station } from '../support/open-pair.js';

/** A command of words without blanks in them. */
const run = (at: Station, line: string): Promise<CommandSaid> => runBeside(at, ...line.split(' '));

/** A server that says this of itself, beside its end point; answers its address. */
async function openServer(saying: object): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const isAsked = request.url === '/.well-known/ocm';
    const document = { enabled: true, endPoint: `http://localhost:${String(port)}/ocm`, resourceTypes: [], ...saying };
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isAsked ? JSON.stringify(document) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) =>
      server.close(() => {
        resolve();
      }),
    );
  onTestFinished(close);
  return { url: `http://localhost:${String((server.address() as AddressInfo).port)}`, close };
}

const REVA = { apiVersion: '1.1.0', provider: 'Reva' };
const NEXTCLOUD = { apiVersion: '1.0-proposal1', version: '1.1.0', publicKey: { keyId: 'k', publicKeyPem: 'pem' } };

describe('footbridge peer, with servers of Open Cloud Mesh', () => {
  it('adds one by its address, says what it speaks, and asks for no keys', async () => {
    const { alder } = await openStrangers();
    const { url } = await openServer(NEXTCLOUD);
    const { text } = await run(alder, `peer add Moss --url ${url} --accepts-alone yes`);
    expect(text).toBe('Moss is trusted.\nIt speaks Open Cloud Mesh 1.1.0, and signs.\n');
    expect((await run(alder, 'peer list')).text).toBe(`Moss | ocm | server-post | ${url}/ocm/shares | ready\n`);
    const ocm = { url, signatures: 'default', signsSince: null, shape: 'auto', acceptsAlone: true };
    expect((await run(alder, 'peer list --json')).json).toMatchObject([
      { name: 'Moss', dialect: 'ocm', unshareUrl: `${url}/ocm/notifications`, ocm },
    ]);
  });

  it('is led to by `peer join`, which has nobody to ask there for keys', async () => {
    const { alder } = await openStrangers();
    const { url } = await openServer(NEXTCLOUD);
    const only = 'speaks only Open Cloud Mesh, where no keys are exchanged: add it as a peer.';
    const { host } = new URL(url);
    await expect(run(alder, `peer join ${url}`)).rejects.toThrow(
      `${host} ${only}\n  footbridge peer add ${host} --url ${url}`,
    );
    const sly = await openServer({ ...NEXTCLOUD, provider: "Moss' $(touch x)" });
    await expect(run(alder, `peer join ${sly.url}`)).rejects.toThrow(
      `footbridge peer add 'Moss'\\'' $(touch x)' --url ${sly.url}`,
    );
    expect((await run(alder, 'peer list')).text).toContain('No cloud is trusted yet.');
    await run(alder, `peer add Moss --url ${url}`);
    await expect(run(alder, `peer join ${url}`)).rejects.toThrow('Moss is a peer already.');
  });

  it('prints what has to be done at a server that keeps a list of clouds', async () => {
    const { alder } = await openStrangers();
    const { url } = await openServer(REVA);
    const { text } = await run(alder, `peer add Moss --url ${url}`);
    expect(text).toContain('It speaks Open Cloud Mesh 1.1.0, and does not sign.');
    expect(text).toContain(`two services, OCM at ${alder.url}/ocm/ and Webdav at ${alder.url}/dav/ocm/.`);
    const { json } = await run(alder, `peer add Fern --url ${(await openServer(REVA)).url} --json`);
    expect(json).toMatchObject({ name: 'Fern', issued: null, ocm: { shape: 'auto' } });
  });

  it('adds a cloud that speaks CloudSpaces as before, and changes what it is in Open Cloud Mesh', async () => {
    const { alder, birch } = await openStrangers();
    expect((await run(alder, `peer add Birch --url ${birch.url}`)).text).toMatch(
      /consumer key .*It speaks CloudSpaces/s,
    );
    const { url } = await openServer(NEXTCLOUD);
    await expect(run(alder, 'peer set Birch --signatures off --ocm-url none')).resolves.toBeDefined();
    await run(alder, `peer set Birch --ocm-url ${url} --shared-origins`);
    await run(
      alder,
      'peer set Birch --signatures required --ocm-shape multi --exchange-tokens yes --legacy-notifications yes',
    );
    const listed = async (): Promise<unknown> => ((await run(alder, 'peer list --json')).json as unknown[])[0];
    const changed = {
      url,
      signatures: 'required',
      shape: 'multi',
      exchangesTokens: true,
      acceptsAlone: false,
      legacyNotifications: true,
    };
    expect(await listed()).toMatchObject({ dialect: 'spec', ocm: changed });
    await run(alder, 'peer set Birch --signatures default --ocm-shape auto --exchange-tokens no');
    expect(await listed()).toMatchObject({ ocm: { signatures: 'default', shape: 'auto', exchangesTokens: false } });
    expect((await run(alder, 'peer list')).text).toContain('Birch | spec, ocm | ');
    await run(alder, 'peer set Birch --ocm-url none');
    expect(await listed()).toMatchObject({ ocm: null });
    await expect(run(alder, 'peer set Birch --signatures off')).rejects.toThrow('--ocm-url');
    await expect(run(alder, 'peer set Birch --signatures maybe')).rejects.toThrow('one of: off');
    await expect(run(alder, 'peer set Birch --accepts-alone perhaps')).rejects.toThrow('yes or no');
  });

  it('is exported without the keys with which this cloud signs, which is said (OCM-01)', async () => {
    const { alder, birch } = await openStrangers();
    const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const stays = 'NOT in such a file: the keys with which a cloud signs messages of Open Cloud Mesh.';
    expect((await run(alder, `peer export ${folder}/none.json`)).text).not.toContain(stays);
    await run(alder, `peer add Moss --url ${(await openServer(NEXTCLOUD)).url}`);
    expect((await run(alder, `peer export ${folder}/peers.json`)).text).toContain(stays);
    expect((await run(birch, `peer import ${folder}/peers.json`)).text).toMatch(/^added +Moss\nNOT in such a file/);
    expect(await readFile(`${folder}/peers.json`, 'utf8')).not.toContain('PRIVATE KEY');
  });

  it('moves one to the address where it answers now', async () => {
    const { alder } = await openStrangers();
    await run(alder, `peer add Moss --url ${(await openServer(NEXTCLOUD)).url}`);
    const { url, close } = await openServer(NEXTCLOUD);
    await run(alder, `peer set Moss --ocm-url ${url}`);
    const moved = { shareUrl: `${url}/ocm/shares`, origins: [url], ocm: { url } };
    expect((await run(alder, 'peer list --json')).json).toMatchObject([moved]);
    await close();
    const gone = run(alder, 'peer set Moss --ocm-url http://localhost:9');
    await expect(gone).rejects.toMatchObject({ code: 'peer-failed' });
    await expect(run(alder, 'peer set Moss --ocm-url none')).rejects.toThrow('needs its server');
  });
});
