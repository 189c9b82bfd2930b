import { describe, expect, it } from 'vitest';
import { DAY } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { START } from '../../support/seeds.js';
import { openStorage, type Signature, type Storage } from './support.js';

const bench = sqliteBench();

/** A shared folder with something in it, and something beside it. */
async function sharedFolder(permission: 'read-only' | 'read-write' = 'read-write') {
  const storage = await openStorage(bench);
  const plans = await storage.folder('Plans');
  const inside = await storage.file('inside.txt', 'inside', plans.id);
  const sub = await storage.folder('sub', plans.id);
  const outside = await storage.file('outside.txt', 'outside');
  const beside = await storage.folder('beside');
  return { storage, plans, inside, sub, outside, beside, grant: storage.grant(plans.id, permission) };
}

async function statuses(
  storage: Storage,
  calls: readonly (readonly [string, string, string?])[],
  signature: Signature,
) {
  const found: string[] = [];
  for (const [method, path, body] of calls) {
    const answer = await storage.call(method, `/v1/${path}`, signature).send(body);
    found.push(`${method} ${path} ${String(answer.status)}`);
  }
  return found;
}

describe('a grant', () => {
  it('shows its terms on the shared folder, and tags on files', async () => {
    const { storage, plans, inside } = await sharedFolder();
    const grant = storage.grant(plans.id, 'read-only', START + DAY);
    const terms = { permission: 'read-only', expires_at: '2026-11-03 09:00:00.000' };
    const top = await storage.call('GET', `/v1/folder/${plans.id}`, grant).expect(200);
    expect(JSON.parse(top.text)).toMatchObject({ id: Number(plans.id), parent_id: null, is_root: false, ...terms });
    const listing = await storage.call('GET', `/v1/folder/${plans.id}/contents`, grant).expect(200);
    const { contents, ...folder } = JSON.parse(listing.text) as { contents: object[] };
    expect(folder).toMatchObject(terms);
    expect(contents).toMatchObject([{ etag: inside.etag }, { filename: 'sub' }]);
    expect(contents[1]).not.toHaveProperty('permission');
  });

  it('is told by 304 that a listing is as it had it, and never when anything in it would differ', async () => {
    const { storage, plans, inside, sub, grant } = await sharedFolder();
    const path = `/v1/folder/${plans.id}/contents`;
    const list = (known = '"none"') => storage.call('GET', path, grant).set('If-None-Match', known);
    const first = await list().expect(200);
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    const unchanged = await list(`"x", W/${etag}`).expect(304);
    expect([unchanged.text, unchanged.headers['etag'], unchanged.headers['cache-control']]).toEqual([
      '',
      etag,
      'no-store',
    ]);
    expect((await storage.call('HEAD', path, grant).expect(200)).headers['etag']).toBe(etag);
    // Other terms, another asker, another folder, deleted children: each is another answer.
    await storage.call('GET', path, storage.grant(plans.id, 'read-only')).set('If-None-Match', etag).expect(200);
    await storage.call('GET', path).set('If-None-Match', etag).expect(200);
    await storage.call('GET', `/v1/folder/${sub.id}/contents`, grant).set('If-None-Match', etag).expect(200);
    const deleted = await storage.call('GET', `${path}?include_deleted=true`, grant).set('If-None-Match', '*');
    expect([deleted.status, deleted.headers['etag']]).toEqual([200, undefined]);
    await storage.call('PUT', `/v1/file/${inside.id}/data`).send('other').expect(200);
    const second = await list(etag).expect(200);
    expect(second.headers['etag']).not.toBe(etag);
    await list(String(second.headers['etag'])).expect(304);
    grant.end();
    await list('*').expect(401);
  });

  it('keeps these keys from the owner', async () => {
    const { storage, plans, inside } = await sharedFolder();
    const folder = await storage.call('GET', `/v1/folder/${plans.id}`).expect(200);
    expect(JSON.parse(folder.text)).not.toHaveProperty('permission');
    const file = await storage.call('GET', `/v1/file/${inside.id}`).expect(200);
    expect(JSON.parse(file.text)).not.toHaveProperty('etag');
  });

  it('OAU-13 opens nothing outside its folder, and no root', async () => {
    const { storage, outside, beside, grant } = await sharedFolder();
    const calls = [
      ['GET', 'folder/0'],
      ['GET', 'folder/0/contents'],
      ['GET', `file/${outside.id}`],
      ['GET', `file/${outside.id}/data`],
      ['GET', `file/${outside.id}/versions`],
      ['GET', `file/${outside.id}/version/1`],
      ['GET', `file/${outside.id}/version/1/data`],
      ['GET', `folder/${beside.id}/contents`],
      ['PUT', `file/${outside.id}/data`, 'x'],
      ['PUT', `file/${outside.id}`, '{"name":"x"}'],
      ['DELETE', `file/${outside.id}`],
      ['DELETE', `folder/${beside.id}`],
      ['POST', 'file?name=x', 'x'],
      ['POST', 'file?name=x&parent=0', 'x'],
      ['POST', `file?name=x&parent=${beside.id}`, 'x'],
      ['POST', 'folder', '{"name":"x"}'],
      ['POST', 'folder', `{"name":"x","parent":${beside.id}}`],
    ] as const;
    expect(await statuses(storage, calls, grant)).toEqual(calls.map(([method, path]) => `${method} ${path} 404`));
  });

  it('PTH-06 moves nothing in or out, and keeps the shared folder where it is', async () => {
    const { storage, plans, inside, sub, outside, beside, grant } = await sharedFolder();
    expect(
      await statuses(
        storage,
        [
          ['PUT', `file/${inside.id}`, `{"parent":${beside.id}}`],
          ['PUT', `file/${inside.id}`, '{"parent":"0"}'],
          ['PUT', `file/${outside.id}`, `{"parent":${plans.id}}`],
          ['PUT', `folder/${plans.id}`, '{"name":"mine"}'],
          ['DELETE', `folder/${plans.id}`],
          ['PUT', `folder/${sub.id}`, `{"parent":${sub.id}}`],
          ['PUT', `file/${inside.id}`, `{"parent":${sub.id}}`],
        ],
        grant,
      ),
    ).toEqual([
      `PUT file/${inside.id} 404`,
      `PUT file/${inside.id} 404`,
      `PUT file/${outside.id} 404`,
      `PUT folder/${plans.id} 403`,
      `DELETE folder/${plans.id} 403`,
      `PUT folder/${sub.id} 400`,
      `PUT file/${inside.id} 200`,
    ]);
  });

  it('for reading only refuses every write with 403 and changes nothing', async () => {
    const { storage, plans, inside, sub, grant } = await sharedFolder('read-only');
    const calls = [
      ['POST', `file?name=x&parent=${plans.id}`, 'x'],
      ['POST', 'folder', `{"name":"x","parent":"${plans.id}"}`],
      ['PUT', `file/${inside.id}/data`, 'x'],
      ['PUT', `file/${inside.id}`, '{"name":"x"}'],
      ['DELETE', `file/${inside.id}`],
      ['DELETE', `folder/${sub.id}`],
    ] as const;
    expect(await statuses(storage, calls, grant)).toEqual(calls.map(([method, path]) => `${method} ${path} 403`));
    const { text } = await storage
      .call('GET', `/v1/folder/${plans.id}/contents?include_deleted=true`, grant)
      .expect(200);
    expect((JSON.parse(text) as { contents: object[] }).contents).toMatchObject([{ version: 1 }, { version: 1 }]);
  });

  it('OAU-14 is dead the moment it ends', async () => {
    const { storage, plans, grant } = await sharedFolder();
    await storage.call('GET', `/v1/folder/${plans.id}`, grant).expect(200);
    grant.end();
    const { text } = await storage.call('GET', `/v1/folder/${plans.id}`, grant).expect(401);
    expect(text).toBe('Could not authorize request');
  });
});

describe('a client that cannot bear 403', () => {
  it('gets 400 with the same words', async () => {
    const { storage } = await sharedFolder();
    const { Failure } = await import('../../../src/kernel/index.js');
    storage.sharing.refusal = new Failure('forbidden', 'Only the owner of a folder may share it.');
    const share = (signature: Signature) =>
      storage.call('POST', '/v1/folder/1/share', signature).send('["bo@birch.example"]');
    await share(storage.ana).expect(403);
    expect((await share(storage.anaDesktop).expect(400)).text).toBe('Only the owner of a folder may share it.');
  });
});
