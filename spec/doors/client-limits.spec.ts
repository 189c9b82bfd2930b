import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTown, type Station, type Town } from '../support/open-pair.js';

const PROXIES = { FOOTBRIDGE_TRUSTED_PROXIES: '127.0.0.1, ::1, 10.0.0.0/8' };
/** Confirmations that one client may try in a minute. */
const TRIES = 30;

describe('a limit by client behind proxies', () => {
  let town: Town;
  let alder: Station;

  beforeAll(async () => {
    town = await openTown(() => Promise.resolve(PROXIES));
    alder = await town.found('Alder');
  });
  afterAll(() => town.close());

  async function tryCode(forwarded: string): Promise<number> {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded };
    const body = JSON.stringify({ request: 'none', code: 'ABCD-EFGH' });
    return (await fetch(`${alder.url}/interop/join/confirm`, { method: 'POST', headers, body })).status;
  }

  async function tries(forwarded: (attempt: number) => string): Promise<number[]> {
    const statuses: number[] = [];
    for (let attempt = 0; attempt <= TRIES; attempt += 1) statuses.push(await tryCode(forwarded(attempt)));
    return statuses;
  }

  it('is not escaped by another port for each request (F-40)', async () => {
    const statuses = await tries((attempt) => `192.0.2.7:${String(40_000 + attempt)}`);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(await tryCode('192.0.2.8:40000')).not.toBe(429);
  });

  it('is not escaped by another address of the same /64 for each request (F-40)', async () => {
    const statuses = await tries((attempt) => `2001:db8:1:2::${String(attempt + 1)}`);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(await tryCode('2001:db8:1:3::1')).not.toBe(429);
  });

  it('holds the client and not the last proxy of a chain that notes ports (F-40)', async () => {
    const statuses = await tries((attempt) => `198.51.100.${String(attempt + 1)}:5000, 10.0.0.7:80`);
    expect(statuses.filter((status) => status === 429)).toEqual([]);
  });
});
