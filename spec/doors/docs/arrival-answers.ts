import { expect } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { formatPairs } from '../../../src/oauth1/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { ANA } from '../../support/seeds.js';
import { withFields } from '../interop/support/forger.js';
import { fieldOf, proposalFrom, type Foreigner } from '../interop/support/outpost.js';
import type { World } from './world.js';

/** Provokes what only browsers and clouds that cannot sign are answered. */
export class Arrivals {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Every answer but that of a defect. */
  async prove(): Promise<void> {
    await this.#expect(405, 'share', proposalFrom('https://nobody.example'));
    await this.#expect(405, 'credentials', []);
    const legacy = await this.#befriend();
    await this.#proveProposals(legacy);
    await this.#proveCredentials(legacy);
  }

  /** The answers of a cloud that has lost what it needs. */
  async proveDefects(): Promise<void> {
    const [legacy] = await this.#world.manor.alder.services.neighbours.peers.list();
    expect(legacy?.name).toBe('Legacy');
    await this.#expect(500, 'share', proposalFrom(legacy?.origins[0] ?? '', { recipient: ANA.email }));
    await this.#expect(500, 'credentials', credentialFields('any', 'token', 'secret'));
  }

  async #befriend(): Promise<Foreigner> {
    const { manor } = this.#world;
    const legacy = await manor.trust('Legacy');
    const flags = { allowUnsigned: true, transport: 'browser-get', dialect: 'csinterop' } as const;
    await manor.alder.services.neighbours.peers.set(legacy.name, flags);
    return legacy;
  }

  async #proveProposals(legacy: Foreigner): Promise<void> {
    const fields = proposalFrom(legacy.url, { recipient: ANA.email });
    await this.#expect(303, 'share', fields);
    await this.#expect(400, 'share', withFields(fields, { permission: undefined }));
    await this.#expect(403, 'share', proposalFrom('https://nobody.example'));
    await this.#expect(421, 'share', fields, { host: 'elsewhere.example' });
    const target = `/interop/share?${formatPairs(fields)}`;
    expect((await this.#world.peer.stranger().call({ method: 'GET', target })).status).toBe(401);
    await legacy.voice.post('/interop/share', fields);
    await this.#expect(409, 'share', withFields(fields, { folder_name: 'Another' }));
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = formatPairs(proposalFrom('https://nobody.example'));
    const posted = await this.#world.peer.bare({ method: 'POST', target: '/interop/share', headers: form, body });
    expect(posted.status).toBe(403);
  }

  async #proveCredentials(legacy: Foreigner): Promise<void> {
    const pending = await this.#proposed(legacy, false);
    const accepted = await this.#proposed(legacy, true);
    await this.#expect(200, 'credentials', accepted);
    await this.#expect(303, 'credentials', accepted, { accept: 'text/html' });
    await this.#expect(400, 'credentials', withFields(accepted, { access_token_key: undefined }));
    await this.#expect(404, 'credentials', credentialFields('unknown', 'token', 'secret'));
    await this.#expect(409, 'credentials', pending);
    await this.#expect(421, 'credentials', accepted, { host: 'elsewhere.example' });
    await this.#expect(503, 'credentials', accepted, { 'sec-purpose': 'prefetch' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const body = formatPairs(accepted);
    const posted = await this.#world.peer.bare({ method: 'POST', target: '/interop/credentials', headers, body });
    expect(posted.status).toBe(303);
    for (let count = 0; count < 30; count += 1) await this.#get('credentials', accepted);
    await this.#expect(429, 'credentials', accepted);
    await this.#world.manor.forgetLimits();
  }

  /** The credentials of a share that Ana was offered, and perhaps accepted. */
  async #proposed(legacy: Foreigner, isAccepted: boolean): Promise<Fields> {
    const { alder, ana } = this.#world.manor;
    const fields = proposalFrom(legacy.url, { recipient: ANA.email });
    const shareId = fieldOf(fields, 'share_id');
    await legacy.voice.post('/interop/share', fields);
    const {
      shares: { incoming },
      agreements: { proposals },
      base: { database },
    } = alder.services;
    const share = await incoming.byName(database.read, legacy.id, { shareId });
    if (isAccepted) await proposals.decide(ana.accountId, share?.id ?? '', share?.digest ?? '', true);
    return credentialFields(shareId, 'T'.repeat(32), 'S'.repeat(43));
  }

  async #expect(
    status: number,
    path: string,
    fields: Fields,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const answer = await this.#get(path, fields, headers);
    expect([path, answer.status, answer.text]).toEqual([path, status, answer.text]);
  }

  #get(path: string, fields: Fields, headers: Readonly<Record<string, string>> = {}) {
    return this.#world.peer.bare({ method: 'GET', target: `/interop/${path}?${formatPairs(fields)}`, headers });
  }
}
