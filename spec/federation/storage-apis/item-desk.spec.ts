import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ItemDesk } from '../../../src/desk/index.js';
import { Failure } from '../../../src/kernel/index.js';
import { codeOf } from '../../contracts/file-space/harness.js';
import { httpPeer, type ScriptedPeer } from '../../platform/outbound-peers.js';
import { openSpace, type Wanted } from './support.js';

const LOOKUP = { cloud: 'Stack sync', everywhere: true };
const DRAFT = { user: 'eyebo', cloud: 'Stacksync', text: 'hello' };
const REF = { user: 'eyebo', cloud: 'Stacksync', createdAt: Date.UTC(2026, 10, 2, 9) };
const CLAIM = { ...DRAFT, ipserver: '192.0.2.1', datetime: '2015-05-12 10:50:00', minutes: 10 };

/** Every call of a desk. */
const CALLS: Readonly<Record<string, (desk: ItemDesk) => Promise<unknown>>> = {
  comments: (desk) => desk.comments(LOOKUP),
  comment: (desk) => desk.comment(DRAFT),
  withdraw: (desk) => desk.withdraw(REF),
  lock: (desk) => desk.lock(LOOKUP),
  acquire: (desk) => desk.acquire(CLAIM),
  refresh: (desk) => desk.refresh(CLAIM),
  release: (desk) => desk.release(CLAIM),
};
const READS = ['comments', 'lock'];

/** A peer that answers as a test wrote down, and the desk of its item 8. */
async function against(listener: RequestListener, wanted: Partial<Wanted> = {}) {
  const peer: ScriptedPeer = await httpPeer(listener);
  onTestFinished(() => peer.stop());
  const { space } = openSpace({ resourceUrl: `${peer.url}/any/prefix/folder/7`, ...wanted });
  return { desk: space.desk('8'), space };
}

const answer = (status: number, body: unknown): RequestListener => {
  return (request, response) => {
    request.resume();
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(payload);
  };
};

const comment = {
  id: '8',
  user: 'eyebo',
  cloud: 'Stacksync',
  text: 'hi',
  time_created: '20261102090000',
  status: 'NEW',
};

describe('the desk of a foreign item', () => {
  it('asks below the base of its share, under the id of the other cloud, and sends true JSON', async () => {
    const asked: unknown[] = [];
    const { desk } = await against((request, response) => {
      const { method, url, headers } = request;
      void json(request)
        .catch(() => undefined)
        .then((body) => {
          asked.push([method, url, headers['content-type'], body]);
          response.writeHead(200).end(JSON.stringify(url?.includes('File') === true ? { lockFile: true } : comment));
        });
    });
    await desk.comment(DRAFT);
    await desk.withdraw({ ...REF, user: 'eye/bo ñ' });
    await desk.acquire(CLAIM);
    const { minutes: _minutes, ...holder } = CLAIM;
    expect(asked).toEqual([
      ['POST', '/any/prefix/comment', 'application/json', { id: '8', ...DRAFT }],
      ['DELETE', '/any/prefix/comment/8/eye%2Fbo%20%C3%B1/Stacksync/20261102090000', undefined, undefined],
      ['POST', '/any/prefix/lockFile', 'application/json', { id: '8', ...holder, timelimit: '10' }],
    ]);
  });

  it('PXY-01 never lets a user or cloud climb to another path', async () => {
    let asked = 0;
    const { desk, space } = await against((request, response) => {
      asked += 1;
      answer(200, comment)(request, response);
    });
    for (const dots of ['.', '..', '']) {
      expect(await codeOf(desk.comments({ cloud: dots, everywhere: false }))).toBe('invalid');
      expect(await codeOf(desk.lock({ cloud: dots, everywhere: true }))).toBe('invalid');
      expect(await codeOf(desk.withdraw({ ...REF, user: dots }))).toBe('invalid');
    }
    for (const key of ['../7', '0', '8/9', '']) expect(() => space.desk(key)).toThrow('Not found.');
    expect(asked).toBe(0);
  });

  it('believes comments that can be read and drops the others', async () => {
    const odd = [
      { ...comment, time_created: '20261302090000' },
      { ...comment, time_created: 7 },
      { ...comment, user: null },
      { ...comment, text: 'x'.repeat(10_001) },
      { ...comment, status: 'DELETED' },
      'junk',
      null,
    ];
    const { desk } = await against(answer(200, [...odd, comment]));
    expect(await desk.comments(LOOKUP)).toEqual([
      { user: 'eyebo', cloud: 'Stacksync', text: 'hi', createdAt: REF.createdAt, status: 'NEW' },
    ]);
  });

  it.each(Object.keys(CALLS))('takes junk for trouble or a no, never for a yes: %s', async (call) => {
    const run = CALLS[call] as (desk: ItemDesk) => Promise<unknown>;
    for (const junk of ['', 'junk', 'null', '{}', '{"lockFile":false}', '{"lockFile":"true"}', '[1]', '"x"']) {
      const { desk } = await against(answer(200, junk));
      const code = call === 'comments' && junk === '[1]' ? 'peer-failed' : await codeOf(run(desk));
      expect([junk, ['peer-failed', 'invalid'].includes(code)]).toEqual([junk, true]);
    }
  });

  it.each(Object.keys(CALLS))('translates refusals once: %s', async (call) => {
    const run = CALLS[call] as (desk: ItemDesk) => Promise<unknown>;
    const table = [
      [400, 'invalid'],
      [403, READS.includes(call) ? 'not-found' : 'forbidden'],
      [404, 'not-found'],
      [405, 'not-found'],
      [302, 'peer-failed'],
      [500, 'peer-failed'],
    ] as const;
    for (const [status, code] of table) {
      const { desk } = await against(answer(status, { error: status, descripcion: 'secret words' }));
      const refused = run(desk);
      await expect(refused).rejects.not.toThrow('secret words');
      expect([status, await codeOf(refused)]).toEqual([status, code]);
    }
  });

  it('CNV-03 ends nothing by a 401 that is not confirmed, and rests once it is (F-06)', async () => {
    for (const [refusal, code] of [
      [undefined, 'peer-failed'],
      [new Failure('unavailable', 'The key is refused.'), 'unavailable'],
    ] as const) {
      const { desk } = await against(answer(401, ''), { onRefused: () => Promise.resolve(refusal) });
      expect(await codeOf(desk.comment(DRAFT))).toBe(code);
    }
  });
});

describe('the probe of a share', () => {
  const top = { id: 7, parent_id: null, filename: 'Plans', is_folder: true, status: 'NEW', version: 1 };

  it.each([
    [undefined, false],
    [null, false],
    ['comment lockFile', false],
    [['comment'], false],
    [['comment', 'lockFile'], true],
    [[1, 'lockFile', 'chat', 'comment'], true],
  ])('learns from “desk”: %j whether comments and locks are kept there', async (desk, keepsDesk) => {
    const { space } = await against(answer(200, { ...top, desk }));
    expect(await space.probe()).toMatchObject({ kind: 'ok', keepsDesk });
  });
});
