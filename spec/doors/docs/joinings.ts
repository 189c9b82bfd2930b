import { expect } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { wellKnown } from '../../../src/peers/index.js';
import type { Answer } from '../../journeys/support/wire.js';
import { openScriptedPeer, type ScriptedPeer } from '../interop/support/scripted-peer.js';
import type { Ask } from './ledger.js';
import type { World } from './world.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const KEYS = { consumer_key: 'K'.repeat(32), consumer_secret: 'S'.repeat(43) };

/** Every documented answer to clouds that want to become peers, and to peers that give new keys. */
export class Joinings {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async prove(): Promise<void> {
    await this.#proveUnsigned();
    const { peer } = this.#world;
    await this.#expect(200, peer.call(ROTATE));
    await this.#expect(400, peer.call({ ...ROTATE, form: [] }));
    await this.#expect(401, peer.stranger().call(ROTATE));
    await this.#expect(
      413,
      peer.bare({ method: 'POST', target: ROTATE.target, body: 'x'.repeat(70_000), headers: FORM }),
    );
    await this.#expect(415, peer.call({ ...ROTATE, headers: { 'content-type': 'text/plain' } }));
    await this.#expect(421, peer.call({ ...ROTATE, headers: { host: 'elsewhere.example' } }));
  }

  async #proveUnsigned(): Promise<void> {
    const { code, joinId } = await this.#asked();
    const right = { join_id: joinId, code, ...KEYS };
    const wrong = { ...right, code: '0000000000' };
    const both: readonly [string, object][] = [
      ['/interop/join', JOIN],
      ['/interop/join/confirm', wrong],
    ];
    await this.#expect(202, this.#post('/interop/join', JOIN));
    await this.#expect(403, this.#post('/interop/join/confirm', wrong));
    await this.#expect(200, this.#post('/interop/join/confirm', right));
    for (const [target, body] of both) {
      await this.#expect(400, this.#post(target, {}));
      await this.#expect(413, this.#post(target, { ...body, name: 'x'.repeat(9_000) }));
      await this.#expect(415, this.#post(target, body, { 'content-type': 'text/plain' }));
      await this.#expect(421, this.#post(target, body, { ...JSON_TYPE, host: 'elsewhere.example' }));
    }
  }

  /** Who asks, guesses or changes keys too often. */
  async proveLimits(): Promise<void> {
    const { manor, peer } = this.#world;
    const last = async (target: string, body: object, times: number): Promise<number> => {
      let status = 0;
      for (let count = 0; count < times; count += 1) status = (await this.#post(target, body)).status;
      return status;
    };
    expect(await last('/interop/join', JOIN, 21)).toBe(429);
    expect(await last('/interop/join/confirm', { join_id: 'guessed-id', code: '0000000000', ...KEYS }, 31)).toBe(429);
    const limit = { acts: 10_000, per: MINUTE };
    for (let count = 0; count < 600; count += 1) {
      await manor.alder.services.base.limiter.spend(`messages:${manor.quill.id}`, limit);
    }
    await this.#expect(429, peer.call(ROTATE));
  }

  /** These tables are removed last, before those of the peers: from then on, what needs them is a defect. */
  async proveDefects(): Promise<void> {
    await this.#world.lose('join_requests');
    await this.#expect(500, this.#post('/interop/join', JOIN));
    await this.#world.lose('joins');
    await this.#expect(500, this.#post('/interop/join/confirm', { join_id: 'guessed-id', code: '0', ...KEYS }));
  }

  /** Once peers cannot be looked up. */
  async proveLost(): Promise<void> {
    await this.#expect(500, this.#world.peer.call(ROTATE));
  }

  async #expect(status: number, asking: Promise<Answer>): Promise<void> {
    const answer = await asking;
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
  }

  #post(target: string, body: object, headers: Readonly<Record<string, string>> = JSON_TYPE): Promise<Answer> {
    return this.#world.peer.bare({ method: 'POST', target, body: JSON.stringify(body), headers });
  }

  /** Alder asks a scripted cloud to join. */
  async #asked(): Promise<{ code: string; joinId: string }> {
    const oak = await openScriptedPeer();
    oak.reply = asOak(oak);
    const { code, id } = await this.#world.manor.alder.services.joining.joins.start(oak.url, 'ada');
    await oak.close();
    return { code, joinId: id };
  }
}

const ROTATE: Ask = { method: 'POST', target: '/interop/rotate', form: Object.entries(KEYS) };
const JOIN = { join_id: 'oaks-request', discovery: 'http://localhost:9/.well-known/cloudspaces', name: 'Oak' };

const asOak =
  ({ url }: ScriptedPeer): ScriptedPeer['reply'] =>
  ({ method }) => {
    const document = wellKnown({ name: 'Oak', publicUrl: url, apiPrefix: '/v1/', joins: true });
    return method === 'POST' ? { status: 202 } : { status: 200, body: JSON.stringify(document) };
  };
