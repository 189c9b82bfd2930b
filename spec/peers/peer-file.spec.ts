import { describe, expect, it } from 'vitest';
import { PeerEvents, PeerFile, PeerKeys, Peers } from '../../src/peers/index.js';
import { createSealer } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const bench = sqliteBench();

/** A cloud's peers, and their file. */
async function open(seed: string) {
  const database = await bench.open();
  const base = { database, clock: createHandClock(), random: createSeededRandom(seed) };
  const parts = { ...base, sealer: createSealer(Buffer.alloc(32, seed.length)) };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const peers = new Peers({ ...parts, allowInsecure: false, hooks, logos: { keep: async () => false } });
  const events = new PeerEvents(base.clock);
  const file = new PeerFile({ ...parts, peers, events, allowInsecure: false });
  return { database, peers, file, keys: new PeerKeys({ ...parts, peers }) };
}

const draft = (name: string) => ({
  name,
  shareUrl: `https://${name.toLowerCase()}.example/interop/share`,
  credentialsUrl: `https://${name.toLowerCase()}.example/interop/credentials`,
});

/** Birch with everything that a record can have, Oak blocked, Elm in the middle of a change of keys and of a move. */
async function openHome() {
  const home = await open('home');
  await home.peers.add({
    ...draft('Birch'),
    unshareUrl: 'https://birch.example/interop/unshare',
    returnUrl: 'https://birch.example/shares',
    origins: ['https://files.birch.example/a'],
    emailDomains: ['mail.example'],
    description: 'A cloud',
    logoUrl: 'https://birch.example/logo.png',
    limits: { proposals: 5 },
    allowUnsigned: true,
    dialect: 'nec',
    transport: 'browser-get',
    outbound: { key: 'theirs', secret: 'marker-outbound' },
    ocm: { host: 'birch.example', path: '/cloud', signatures: 'off', signsSince: 7, manner: { shape: 'legacy' } },
  });
  await home.peers.add(draft('Oak'));
  await home.peers.block('Oak');
  const { peer } = await home.peers.add(draft('Elm'));
  await home.keys.issue(peer.id);
  const said = { said_address: 'https://elm.example:444', said_at: 7 };
  await home.database.write((trx) => trx('peers').where({ id: peer.id }).update(said));
  return home;
}

/** A peer without what is of one cloud alone. */
const portable = (peers: Awaited<ReturnType<Peers['list']>>): unknown =>
  peers.map(({ id: _id, said: _said, createdAt: _createdAt, changedAt: _changedAt, ...peer }) => peer);

describe('peers as a file', () => {
  it('are the same at another place: keys, blocks and a change of keys that is under way', async () => {
    const [home, away] = [await openHome(), await open('elsewhere')];
    const { added, unchanged, refused } = await away.file.read(await home.file.write('ada'), 'bea');
    expect({ added, unchanged, refused }).toEqual({ added: ['Birch', 'Elm', 'Oak'], unchanged: [], refused: [] });
    expect(portable(await away.peers.list())).toEqual(portable(await home.peers.list()));
    const elm = await home.peers.byName('Elm');
    for (const key of [elm?.inbound.key, elm?.previousInbound?.key]) {
      expect((await away.peers.byInboundKey(key ?? ''))?.name).toBe('Elm');
    }
  });

  it('have names as peers have them: what differs only in how it is written is no other peer', async () => {
    const [home, away] = [await openHome(), await open('elsewhere')];
    const content = await home.file.write('ada');
    for (const name of ['Caf\u0065\u0301', ' Birch', 'Birch\u202e']) {
      const odd = content.replace('"name": "Birch"', `"name": ${JSON.stringify(name)}`);
      await expect(away.file.read(odd, 'bea')).rejects.toMatchObject({ code: 'invalid' });
    }
    expect(await away.peers.list()).toEqual([]);
  });

  it('are unchanged where they are the same already', async () => {
    const home = await openHome();
    const before = await home.peers.list();
    const imported = await home.file.read(await home.file.write('ada'), 'ada');
    expect(imported).toEqual({ added: [], unchanged: ['Birch', 'Elm', 'Oak'], refused: [] });
    expect(await home.peers.list()).toEqual(before);
  });

  it('are refused one by one where another peer is in the way, which stays as it is', async () => {
    const [home, away] = [await openHome(), await open('elsewhere')];
    await away.peers.add(draft('Birch'));
    await away.peers.add({ ...draft('Oak'), name: 'Our oak' });
    const before = await away.peers.list();
    const { added, refused } = await away.file.read(await home.file.write('ada'), 'bea');
    expect(added).toEqual(['Elm']);
    expect(refused).toEqual([
      { name: 'Birch', why: 'A peer of this name is here, with other settings or keys.' },
      { name: 'Oak', why: 'Its address belongs to Our oak.' },
    ]);
    expect((await away.peers.list()).filter(({ name }) => name !== 'Elm')).toEqual(before);
    const moved = await home.file.write('ada');
    expect((await away.file.read(moved.replaceAll('"Elm"', '"Alm"'), 'bea')).refused).toContainEqual({
      name: 'Alm',
      why: 'Its key belongs to the peer Elm.',
    });
  });

  it('tell who took them and who brought them', async () => {
    const [home, away] = [await openHome(), await open('elsewhere')];
    await away.file.read(await home.file.write('ada'), 'bea');
    const actors = async ({ database }: typeof home, event: string): Promise<string[]> =>
      (await database.read('peer_events').where({ event }).select<{ actor: string }[]>('actor')).map(
        ({ actor }) => actor,
      );
    expect(await actors(home, 'exported')).toEqual(['ada', 'ada', 'ada']);
    expect(await actors(away, 'imported')).toEqual(['bea', 'bea', 'bea']);
  });

  it.each<[string, (text: string) => string]>([
    ['is no JSON', () => 'peers'],
    ['is cut', (text) => text.slice(0, -20)],
    ['is something else', () => '{"footbridge":"people","version":1,"peers":[]}'],
    ['is of a later version', (text) => text.replace('"version": 1', '"version": 2')],
    ['has a word too many', (text) => text.replace('"name": "Elm"', '"name": "Elm", "isAdmin": true')],
    ['lacks a key', (text) => text.replace(/"secret": "marker-outbound"/, '"secret": ""')],
    ['has an address that is none', (text) => text.replace('https://elm.example/interop/share', 'javascript:alert(1)')],
    ['has an address without TLS', (text) => text.replace('https://elm.example/interop/share', 'http://elm.example/s')],
    ['has one peer twice', (text) => text.replace('"name": "Oak"', '"name": "Elm"')],
    ['has a limit that is none', (text) => text.replace('"proposals": 5', '"proposals": 0')],
    ['speaks a dialect that nobody speaks', (text) => text.replace('"nec"', '"latin"')],
  ])('change nothing when the file %s, and say where without saying what', async (_what, spoil) => {
    const [home, away] = [await openHome(), await open('elsewhere')];
    const sound = await home.file.write('ada');
    const spoilt = spoil(sound);
    expect(spoilt).not.toBe(sound);
    const refusal: unknown = await away.file.read(spoilt, 'bea').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'invalid' });
    for (const { inbound } of await home.peers.list()) expect(String(refusal)).not.toContain(inbound.secret);
    expect(await away.peers.list()).toEqual([]);
  });
});
