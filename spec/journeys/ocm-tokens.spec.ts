import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { atWork, openMesh, type Announced } from './support/mesh.js';
import { halvesOf, type Story } from './support/story.js';
import { send } from './support/wire.js';

describe('a share that is opened with tokens', () => {
  let story: Story;
  let shared: Announced;
  beforeAll(async () => {
    story = await openMesh();
    const { alder, birch } = story;
    expect(await capabilities()).not.toContain('exchange-token');
    await alder.services.neighbours.peers.set('Birch', { ocm: { exchangesTokens: true } });
    await birch.services.neighbours.peers.set('Alder', { ocm: { exchangesTokens: true } });
    shared = await atWork(story);
  });
  afterAll(() => story.close());

  interface Document {
    readonly capabilities: readonly string[];
    readonly tokenEndPoint?: string;
  }
  const document = async (): Promise<Document> => (await send(`${story.alder.url}/.well-known/ocm`)).json<Document>();
  const capabilities = async (): Promise<readonly string[]> => (await document()).capabilities;

  async function secretOf(): Promise<string> {
    const { outgoing } = await halvesOf(story, shared.folder);
    return story.alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
  }

  const opens = async (proof: string): Promise<number> => {
    const headers = { authorization: `Bearer ${proof}` };
    return (await send(`${story.alder.url}/public.php/webdav/budget.txt`, { headers })).status;
  };

  const tokens = () => story.alder.services.base.database.read('ocm_tokens').select<{ digest: string }[]>('digest');

  it('is announced by clouds that exchange tokens with anybody', async () => {
    expect(await capabilities()).toContain('exchange-token');
    expect((await document()).tokenEndPoint).toBe(`${story.alder.url}/ocm/token`);
  });

  it('works, although its secret opens nothing itself', async () => {
    const { outgoing, incoming } = await halvesOf(story, shared.folder);
    expect([outgoing.state, incoming?.state]).toEqual(['active', 'active']);
    expect(await tokens()).toHaveLength(1);
    expect(await opens(await secretOf())).toBe(401);
  });

  it('has one token at a time, renewed before it is over, and when it is refused', async () => {
    const { foreignTokens } = story.birch.services.ocm;
    const { incoming } = await halvesOf(story, shared.folder);
    const server = { host: new URL(story.alder.url).host, path: '', isPlain: true };
    const share = { id: incoming?.id ?? '', server, secret: await secretOf() };
    const first = (await foreignTokens.of(share)) ?? expect.fail('no token');
    expect(await opens(first)).toBe(200);
    expect(await foreignTokens.of(share)).toBe(first);
    story.advance(4.5 * MINUTE);
    const [second, same] = await Promise.all([foreignTokens.of(share), foreignTokens.of(share)]);
    expect(second).not.toBe(first);
    expect(same).toBe(second);
    expect([await opens(first), await opens(second ?? '')]).toEqual([401, 200]);
    expect(await foreignTokens.of(share, second)).not.toBe(second);
    expect(await tokens()).toHaveLength(1);
  });

  it('gives no token to others, without a signature, and after its end', async () => {
    const code = await secretOf();
    const birchHost = new URL(story.birch.url).host;
    const ask = async (fields: Record<string, string>): Promise<unknown[]> => {
      const answer = await send(`${story.alder.url}/ocm/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      });
      return [answer.status, answer.json<{ error: string }>().error];
    };
    const right = { grant_type: 'authorization_code', client_id: birchHost, code };
    expect(await ask(right)).toEqual([400, 'invalid_client']);
    expect(await ask({ ...right, code: 'x'.repeat(43) })).toEqual([400, 'invalid_grant']);
    expect(await ask({ ...right, grant_type: 'password' })).toEqual([400, 'unsupported_grant_type']);
    expect(await ask({ grant_type: 'authorization_code' })).toEqual([400, 'invalid_request']);

    const token = await story.birch.services.ocm.foreignTokens.of({
      id: 'another',
      server: { host: new URL(story.alder.url).host, path: '', isPlain: true },
      secret: code,
    });
    expect(await opens(token ?? '')).toBe(200);
    const { outgoing } = await halvesOf(story, shared.folder);
    await story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
    expect(await opens(token ?? '')).toBe(401);
  });
});
