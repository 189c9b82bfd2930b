import { describe, expect, it } from 'vitest';
import { Failure, notFound, parseEmail } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO, CLEO, START } from '../../support/seeds.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();

async function opened(): Promise<{
  storage: Storage;
  id: string;
  post: (what: string, body?: unknown) => Promise<{ status: number; text: string }>;
}> {
  const storage = await openStorage(bench);
  const { id } = await storage.folder('Plans');
  const post = async (what: string, body?: unknown) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const answer = await storage
      .call('POST', `/v1/folder/${id}/${what}`)
      .set('Content-Type', 'application/json')
      .send(text);
    return { status: answer.status, text: answer.text };
  };
  return { storage, id, post };
}

describe('POST folder/:id/share', () => {
  it('takes a list of addresses and names the members and the proposals', async () => {
    const { storage, id, post } = await opened();
    storage.sharing.result = {
      members: [{ name: CLEO.name, email: CLEO.email, outcome: 'new' }],
      proposals: [{ shareId: 's-1', email: BO.email, state: 'created', outcome: 'new' }],
      disabled: [],
    };
    const answer = await post('share', [CLEO.email, ' BO@birch.example ', BO.email]);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toEqual({
      shared_to: [{ name: 'Cleo Costa', email: 'cleo@alder.example' }],
      proposals: [{ share_id: 's-1', email: 'bo@birch.example', status: 'CREATED' }],
    });
    expect(storage.sharing.asked).toEqual([
      {
        actor: 'acct-ana',
        folderId: id,
        request: { addresses: [CLEO.email, parseEmail('BO@birch.example')], permission: 'read-write', again: {} },
      },
    ]);
  });

  it('leaves proposals out when nobody abroad was invited', async () => {
    const { storage, post } = await opened();
    storage.sharing.result = {
      members: [{ name: CLEO.name, email: CLEO.email, outcome: 'new' }],
      proposals: [],
      disabled: [],
    };
    expect(JSON.parse((await post('share', [CLEO.email])).text)).toEqual({
      shared_to: [{ name: 'Cleo Costa', email: 'cleo@alder.example' }],
    });
  });

  it('says that an account is disabled when nobody else is left (F-22)', async () => {
    const { storage, post } = await opened();
    storage.sharing.result = { members: [], proposals: [], disabled: [{ name: CLEO.name, email: CLEO.email }] };
    const { status, text } = await post('share', [CLEO.email]);
    expect([status, text]).toEqual([400, 'The account of cleo@alder.example is disabled.']);
  });

  it('takes the object form with permission, comment and expiry', async () => {
    const { storage, post } = await opened();
    storage.sharing.result = {
      members: [],
      proposals: [{ shareId: 's-1', email: BO.email, state: 'sent', outcome: 'kept' }],
      disabled: [],
    };
    const body = {
      share_to: [BO.email],
      permission: 'Read-Only',
      comment: 'Hello',
      expires_at: '2026-12-31 18:00:00.0',
    };
    expect((await post('share', body)).status).toBe(201);
    expect(storage.sharing.asked).toMatchObject([
      { request: { permission: 'read-only', comment: 'Hello', expiresAt: Date.UTC(2026, 11, 31, 18) } },
    ]);
  });

  it.each([
    [[], 'No addressee found.'],
    [undefined, 'No addressee found.'],
    [{ share_to: [] }, 'No addressee found.'],
    [['nobody', 'a@b@c'], 'No addressees found'],
    [{ share_to: 'bo@birch.example' }, 'The body must be a list of addresses.'],
    [[7], 'The body must be a list of addresses.'],
    [{ share_to: [BO.email], permission: 'owner' }, 'permission must be read-only or read-write.'],
    [{ share_to: [BO.email], expires_at: '2026-10-31 18:00:00.0' }, 'expires_at must lie in the future.'],
    [{ share_to: [BO.email], expires_at: 'soon' }, 'expires_at must be a UTC time such as 2026-12-31 18:00:00.0.'],
  ])('answers %j with 400', async (body, sentence) => {
    const { storage, post } = await opened();
    expect(await post('share', body)).toMatchObject({ status: 400, text: sentence });
    expect(storage.sharing.asked).toEqual([]);
  });

  it('answers 400 when nobody but the caller was named, and for an unknown folder', async () => {
    const { storage, post } = await opened();
    expect(await post('share', [ANA.email])).toMatchObject({ status: 400, text: 'No addressees found' });
    storage.sharing.refusal = notFound();
    expect(await post('share', [BO.email])).toMatchObject({ status: 400, text: 'No folder found with the given ID.' });
  });

  it('answers 403 to a member who is not the owner', async () => {
    const { storage, post } = await opened();
    storage.sharing.refusal = new Failure('forbidden', 'Only the owner of a folder may share it.');
    expect((await post('share', [BO.email])).status).toBe(403);
  });
});

describe('POST folder/:id/unshare', () => {
  it.each([[[CLEO.email]], [{ unshare_to: [CLEO.email] }]])('ends what %j names', async (body) => {
    const { storage, id, post } = await opened();
    storage.sharing.ended = [{ name: CLEO.name, email: CLEO.email }];
    const answer = await post('unshare', body);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toEqual({ unshared_to: [{ name: 'Cleo Costa', email: 'cleo@alder.example' }] });
    expect(storage.sharing.asked).toEqual([{ actor: 'acct-ana', folderId: id, addresses: [CLEO.email] }]);
  });

  it('without a body leaves', async () => {
    const { storage, id, post } = await opened();
    expect(await post('unshare')).toEqual({ status: 201, text: '{"unshared_to":[]}' });
    expect(storage.sharing.asked).toEqual([{ actor: 'acct-ana', folderId: id, leaves: true }]);
  });

  it('words what cannot be ended as the old server did', async () => {
    const { storage, post } = await opened();
    expect(await post('unshare', [])).toEqual({ status: 400, text: 'Any email to share folder' });
    expect(await post('unshare', ['nobody'])).toEqual({ status: 400, text: 'No addressees found' });
    expect(await post('unshare', [BO.email])).toEqual({ status: 400, text: 'This workspace is not shared.' });
    const member = {
      joinedAt: START,
      permission: 'read-write',
      accountId: undefined,
      peerName: undefined,
      outgoingId: undefined,
      expiresAt: undefined,
    } as const;
    storage.sharing.memberList = [ANA, CLEO].map((person) => ({ ...person, ...member, isOwner: person === ANA }));
    expect(await post('unshare', [BO.email])).toEqual({ status: 400, text: 'No addressees found' });
    storage.sharing.refusal = notFound();
    expect(await post('unshare', [BO.email])).toEqual({ status: 404, text: 'No folder found with the given ID.' });
  });
});

describe('GET folder/:id/members', () => {
  it('lists who can open the folder', async () => {
    const { storage, id } = await opened();
    const member = {
      joinedAt: START,
      permission: 'read-write',
      accountId: undefined,
      peerName: undefined,
      outgoingId: undefined,
      expiresAt: undefined,
    } as const;
    storage.sharing.memberList = [ANA, CLEO].map((person) => ({ ...person, ...member, isOwner: person === ANA }));
    const { text } = await storage.call('GET', `/v1/folder/${id}/members`).expect(200);
    expect(JSON.parse(text)).toEqual([
      { name: 'Ana Alvarez', email: 'ana@alder.example', joined_at: '2026-11-02 09:00:00.000', is_owner: true },
      { name: 'Cleo Costa', email: 'cleo@alder.example', joined_at: '2026-11-02 09:00:00.000', is_owner: false },
    ]);
  });

  it('answers 404 for an unknown folder', async () => {
    const { storage } = await opened();
    storage.sharing.refusal = notFound();
    const { text } = await storage.call('GET', '/v1/folder/987654/members').expect(404);
    expect(text).toBe('No folder found with the given ID.');
  });
});

describe('a grant', () => {
  it('UNS-03 never shares: 403 on its own folder, 404 on any other', async () => {
    const { storage, id } = await opened();
    const other = await storage.folder('Other');
    const grant = storage.grant(id);
    for (const what of ['share', 'unshare']) {
      await storage.call('POST', `/v1/folder/${id}/${what}`, grant).send('["bo@birch.example"]').expect(403);
      await storage.call('POST', `/v1/folder/${other.id}/${what}`, grant).send('["bo@birch.example"]').expect(404);
    }
    expect(storage.sharing.asked).toEqual([]);
  });

  it('UNS-03 lists the members of its own folder only', async () => {
    const { storage, id } = await opened();
    const grant = storage.grant(id);
    await storage.call('GET', `/v1/folder/${id}/members`, grant).expect(200);
    await storage.call('GET', `/v1/folder/987654/members`, grant).expect(404);
  });
});
