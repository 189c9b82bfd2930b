import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { activate, openStory, type Actor, type Story } from '../journeys/support/story.js';
import { PASSWORD } from '../support/open-pair.js';
import { CLEO } from '../support/seeds.js';
import type { Keys } from './support/proofs.js';
import { Player, type Stage, type Value } from './support/player.js';
import { readRecording, type Recording } from './support/recording.js';

const LOGINS = ['eye-login', 'int-login', 'web-login', 'tst-v1-login', 'tst-v2-login'];
const OTHERS = ['web', 'tst-v1-header', 'tst-v1-query', 'tst-v2', 'int'];

const CALLBACK = 'http://desktop.example';

/** What every recording may speak of: the person, a neighbour, somebody abroad. */
function valuesFor({ email }: Actor): Record<string, Value> {
  return {
    email,
    localEmail: CLEO.email,
    localName: CLEO.name,
    foreignEmail: 'eve@elsewhere.example',
    callback: CALLBACK,
    password: PASSWORD,
    emailEncoded: encodeURIComponent(email),
    passwordEncoded: encodeURIComponent(PASSWORD),
  };
}

/** A client of its own for each recording: its app, its token. */
async function stageFor({ at, accountId, ...actor }: Actor, recording: Recording): Promise<Stage> {
  const { clients, tokens } = at.services.apps;
  const name = `${recording.client} ${String((await clients.list()).length)}`;
  await clients.add(name, { callback: CALLBACK, firstParty: true });
  const keys: Keys = await tokens.add(accountId, name);
  const values = { ...valuesFor({ at, accountId, ...actor }), client: name };
  return { origin: at.url, clock: at.clock, keys, values, allow: (token) => allow({ at, accountId, ...actor }, token) };
}

/** Somebody says yes on the page; answers where the browser would go. */
async function allow({ browser, at }: Actor, token: string): Promise<URL> {
  await browser.signIn(at.url);
  await browser.visit(new URL(`/oauth/authorize?oauth_token=${token}`, at.url));
  const stay = { button: 'allow', follow: (target: URL) => target.origin !== CALLBACK };
  const { headers } = await browser.submit('/oauth/authorize', {}, stay);
  return new URL(String(headers.location));
}

/** Plays a recording scene by scene, each a test: a scene stands on those before it. */
function scenesOf(recording: Recording, stage: () => Promise<Stage>): void {
  let player: Player;
  beforeAll(async () => (player = new Player(recording, await stage())));
  for (const scene of recording.scenes) it(`${recording.client} ${scene.title}`, () => player.play(scene));
}

describe('the clients of the storage API', () => {
  let story: Story;
  let mount: number;
  beforeAll(async () => {
    story = await openStory();
    await story.settleIn(CLEO, story.alder);
    mount = (await activate(story)).mount;
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  const at = async (actor: 'ana' | 'bo', recording: Recording, more: Record<string, Value> = {}): Promise<Stage> => {
    const stage = await stageFor(story[actor], recording);
    return { ...stage, values: { ...stage.values, ...more } };
  };

  const storage = readRecording('eye-storage');
  const desk = readRecording('eye-desk');
  describe.each([storage, desk])('in the root', (recording) =>
    scenesOf(recording, () => at('ana', recording, { place: '0', placeId: null })),
  );

  describe('in a folder of one’s own', () =>
    scenesOf(storage, async () => {
      const { id } = await story.ana.app.makeFolder('Desk');
      return at('ana', storage, { place: String(id), placeId: id });
    }));

  describe.each([storage, desk])('in a folder of another cloud', (recording) =>
    scenesOf(recording, () => at('bo', recording, { place: String(mount), placeId: mount })),
  );

  describe.each([...LOGINS, ...OTHERS])('%s', (name) => {
    const recording = readRecording(name);
    scenesOf(recording, () => at('ana', recording));
  });

  describe('at home, where nothing is yet', () => {
    const recording = readRecording('eye-home');
    scenesOf(recording, async () => {
      const newcomer = await newcomerTo(story);
      return stageFor(newcomer, recording);
    });
  });

  it('each has calls enough to be told apart', () => {
    expect(storage.scenes.flatMap(({ calls }) => calls).length).toBeGreaterThan(40);
  });
});

/** Somebody whose root is empty. */
async function newcomerTo({ alder, settleIn, ana }: Story): Promise<Actor> {
  const email = 'nina@alder.example' as typeof CLEO.email;
  return { ...ana, ...(await settleIn({ name: 'Nina Novak', email }, alder)) };
}
