import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/kernel/index.js';
import { ask, heard, join, openStrangers, outcomesAt, requestAt } from './strangers.js';

describe('two clouds that join', () => {
  it('are peers with both pairs, and each has found that the other works', async () => {
    const { alder, birch } = await openStrangers();
    await join(alder, birch);
    expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{ Birch: 'well' }, { Alder: 'well' }]);
    const [atAlder, atBirch] = [
      await alder.services.neighbours.peers.byName('Birch'),
      await birch.services.neighbours.peers.byName('Alder'),
    ];
    expect(atAlder?.outbound).toEqual(atBirch?.inbound);
    expect(atBirch?.outbound).toEqual(atAlder?.inbound);
    expect(atBirch).toMatchObject({
      shareUrl: `${alder.url}/interop/share`,
      unshareUrl: `${alder.url}/interop/unshare`,
      credentialsUrl: `${alder.url}/interop/credentials`,
      returnUrl: `${alder.url}/shares`,
      origins: [alder.url],
      transport: 'server-post',
      storageApi: 'stacksync-v2',
    });
    expect([await alder.services.joining.joins.list(), await birch.services.joining.joinRequests.list()]).toEqual([
      [],
      [],
    ]);
  });

  it('are told apart by what was read at their own address, not by what they claim', async () => {
    const { alder, birch } = await openStrangers();
    await alder.services.joining.joins.start(birch.url, 'ada');
    expect(await requestAt(birch)).toMatchObject({ name: 'Alder', origin: alder.url, state: 'read' });
  });

  it('take the code in any spelling that people use', async () => {
    const { alder, birch } = await openStrangers();
    const { id, code } = await ask(alder, birch);
    const spelt = ` ${code.slice(0, 4).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} ${code.slice(4)} `;
    expect(await birch.services.joining.joinRequests.approve(id, spelt, 'bea')).toMatchObject({ outcome: 'well' });
  });

  it('give a namesake a number', async () => {
    const { alder, birch } = await openStrangers();
    const elsewhere = 'https://other.example';
    await alder.services.neighbours.peers.add({
      name: 'Birch',
      shareUrl: `${elsewhere}/s`,
      credentialsUrl: `${elsewhere}/c`,
    });
    await join(alder, birch);
    expect(await outcomesAt(alder)).toEqual({ Birch: undefined, 'Birch (2)': 'well' });
  });

  it('say so when they are peers already and all is well', async () => {
    const { alder, birch } = await openStrangers();
    await join(alder, birch);
    await expect(alder.services.joining.joins.start(birch.url, 'ada')).rejects.toThrow('Birch is a peer already');
    await expect(birch.services.joining.joins.start(alder.url, 'bea')).rejects.toThrow('Alder is a peer already');
  });

  it('refuse a blocked cloud on either side, before and after it has asked', async () => {
    const { alder, birch } = await openStrangers();
    await join(alder, birch);
    await alder.services.neighbours.peers.block('Birch');
    await expect(alder.services.joining.joins.start(birch.url, 'ada')).rejects.toThrow('Birch is blocked');
    const { id, code } = await ask(birch, alder);
    await expect(alder.services.joining.joinRequests.approve(id, code, 'ada')).rejects.toThrow('Birch is blocked');
    expect(await alder.services.neighbours.peers.byName('Birch')).toMatchObject({ blocked: true });
  });

  it('are not one and the same cloud', async () => {
    const { alder } = await openStrangers();
    await expect(alder.services.joining.joins.start(alder.url, 'ada')).rejects.toThrow('this cloud itself');
  });

  it('keep the record and the shares of a peer that no longer works, and give it new keys', async () => {
    const { alder, birch } = await openStrangers();
    await join(alder, birch);
    const before = await alder.services.neighbours.peers.byName('Birch');
    // Restored from an old copy, Birch has lost the keys.
    await birch.services.neighbours.peers.remove('Alder');
    await join(alder, birch);
    const after = await alder.services.neighbours.peers.byName('Birch');
    expect(after?.id).toBe(before?.id);
    expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{ Birch: 'well' }, { Alder: 'well' }]);
  });
});

describe('a cloud that was registered by hand', () => {
  it('is the same peer when it joins, whether its address was typed with a slash at its end or not', async () => {
    const { alder, birch } = await openStrangers();
    const at = { shareUrl: `${birch.url}/interop/share/`, credentialsUrl: `${birch.url}/interop/credentials` };
    await alder.services.neighbours.peers.add({ name: 'Our birch', ...at });
    await join(alder, birch);
    expect(await outcomesAt(alder)).toEqual({ 'Our birch': 'well' });
  });

  it('ADM-02 under other addresses of the same host is in the way, and named', async () => {
    const { alder, birch } = await openStrangers();
    await alder.services.neighbours.peers.add({
      name: 'Elm',
      shareUrl: `${birch.url}/elm/s`,
      credentialsUrl: `${birch.url}/elm/c`,
    });
    await expect(alder.services.joining.joins.start(birch.url, 'ada')).rejects.toThrow(
      'belong to the peer Elm already',
    );
  });
});

describe('a peer that has joined and is not heard of', () => {
  it('is asked when its time is up, by either side', async () => {
    const town = await openStrangers();
    const { alder, birch } = town;
    await join(alder, birch);
    for (const { services } of [alder, birch]) {
      const [peer] = await services.neighbours.peers.list();
      if (peer !== undefined) await services.base.database.write((trx) => services.joining.probes.expect(trx, peer.id));
    }
    await alder.cloud.tick();
    await heard(alder);
    expect(await outcomesAt(alder)).toEqual({ Birch: 'awaited' });
    town.advance(20_000);
    await alder.cloud.tick();
    await heard(alder, birch);
    expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{ Birch: 'well' }, { Alder: 'well' }]);
  });
});

describe('the code', () => {
  it('ACC-02 is dead after five that did not fit, even if it then comes right', async () => {
    const { alder, birch } = await openStrangers();
    const { id, code } = await ask(alder, birch);
    const wrong = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`;
    for (let count = 0; count < 5; count += 1) {
      await expect(birch.services.joining.joinRequests.approve(id, wrong, 'bea')).rejects.toThrow('does not fit');
    }
    await expect(birch.services.joining.joinRequests.approve(id, code, 'bea')).rejects.toThrow('does not fit');
    expect([await outcomesAt(alder), await outcomesAt(birch)]).toEqual([{}, {}]);
    expect(await alder.services.joining.joins.list()).toEqual([]);
  });

  it('fits until the fifth try', async () => {
    const { alder, birch } = await openStrangers();
    const { id, code } = await ask(alder, birch);
    const wrong = code.startsWith('0') ? `1${code.slice(1)}` : `0${code.slice(1)}`;
    for (let count = 0; count < 4; count += 1) {
      await expect(birch.services.joining.joinRequests.approve(id, wrong, 'bea')).rejects.toThrow();
    }
    expect(await birch.services.joining.joinRequests.approve(id, code, 'bea')).toMatchObject({ outcome: 'well' });
  });

  it('works for 15 minutes', async () => {
    const town = await openStrangers();
    const { id, code } = await ask(town.alder, town.birch);
    town.advance(15 * MINUTE);
    await expect(town.birch.services.joining.joinRequests.approve(id, code, 'bea')).rejects.toThrow('does not fit');
    expect(await town.alder.services.joining.joins.list()).toEqual([]);
  });

  it('is void when a newer one was made for the same cloud, which takes the newer one', async () => {
    const { alder, birch } = await openStrangers();
    const first = await ask(alder, birch);
    const { code } = await alder.services.joining.joins.start(birch.url, 'ada');
    const { id } = await requestAt(birch);
    await expect(birch.services.joining.joinRequests.approve(id, first.code, 'bea')).rejects.toThrow('does not fit');
    expect(await birch.services.joining.joinRequests.approve(id, code, 'bea')).toMatchObject({ outcome: 'well' });
  });

  it('is void when it was withdrawn', async () => {
    const { alder, birch } = await openStrangers();
    const { id, code, joinId } = await ask(alder, birch);
    await alder.services.joining.joins.cancel(joinId);
    await expect(birch.services.joining.joinRequests.approve(id, code, 'bea')).rejects.toThrow('does not fit');
  });

  it('SEC-01 and the keys stand in no database as they are', async () => {
    const { alder, birch } = await openStrangers();
    const { code, id } = await ask(alder, birch);
    const dump = async (): Promise<string> => {
      const tables = ['joins', 'join_requests', 'peers'];
      const rows = [alder, birch].flatMap(({ services }) => tables.map((table) => services.base.database.read(table)));
      return JSON.stringify(await Promise.all(rows));
    };
    expect(await dump()).not.toContain(code);
    await birch.services.joining.joinRequests.approve(id, code, 'bea');
    const { inbound, outbound } = (await birch.services.neighbours.peers.byName('Alder')) ?? {};
    const stored = await dump();
    for (const secret of [code, inbound?.secret, outbound?.secret]) expect(stored).not.toContain(secret);
  });
});

describe('a request that nobody answers', () => {
  it('is forgotten after a day', async () => {
    const town = await openStrangers();
    const { alder, birch } = town;
    await ask(alder, birch);
    town.advance(24 * HOUR);
    expect(await birch.services.joining.joinRequests.list()).toEqual([]);
    await birch.cloud.tick();
    expect(await birch.services.base.database.read('join_requests')).toEqual([]);
  });

  it('can be turned away; the cloud may ask again', async () => {
    const { alder, birch } = await openStrangers();
    const { id } = await ask(alder, birch);
    await birch.services.joining.joinRequests.dismiss(id);
    expect(await birch.services.joining.joinRequests.list()).toEqual([]);
    await expect(birch.services.joining.joinRequests.approve(id, '0000000000', 'bea')).rejects.toThrow(
      'This request is over',
    );
  });
});
