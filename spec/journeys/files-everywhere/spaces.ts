import type { Permission } from '../../../src/kernel/index.js';
import { answer, meetToo, shareFolder } from '../support/mesh.js';
import { accept, inviteTo, openStory, type Actor, type Story } from '../support/story.js';

/** The kinds of places that somebody's files can have; one that is added is added here, with a file of its own beside the others. */
const KINDS = {
  'an own folder': ownFolder,
  'a folder received by CloudSpaces': (story: Story) =>
    received(story, 'Ours', async (folder, permission) => {
      await accept(story, await inviteTo(story, folder, { permission }));
    }),
  'a folder received by Open Cloud Mesh': async (story: Story) => {
    await meetToo(story.alder, story.birch);
    await meetToo(story.birch, story.alder);
    return received(story, 'Mesh', async (folder, permission) => {
      await shareFolder(story, folder, { permission });
      await story.settle();
      await answer(story, { folder, name: '' }, true);
      await story.settle();
    });
  },
} as const satisfies Readonly<Record<string, (story: Story) => Promise<Place>>>;
export type SpaceName = keyof typeof KINDS;

/** A place among Bo's files. */
interface Place {
  /** The name that leads to it, from the root. */
  readonly path: string;
  /** A second one of the same kind, for reading only, with `letter.txt` and the folder `Inside`; empty for own files. */
  readonly readOnlyPath: string;
  /** A file in it as its owner has it, at a path below it. */
  ownersCopy(path: string): Promise<string>;
}

/** A place, and who has it. */
export interface Space extends Place {
  readonly bo: Actor;
  close(): Promise<void>;
}

/** Bo's own folder, or folders that Ana shares from another cloud, by one of the two protocols that it speaks. */
export async function openSpace(name: SpaceName): Promise<Space> {
  const story = await openStory(() => Promise.resolve({ FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' }));
  return { ...(await KINDS[name](story)), bo: story.bo, close: () => story.close() };
}

async function ownFolder({ bo: { app } }: Story): Promise<Place> {
  const { id } = await app.makeFolder('Mine');
  return { path: 'Mine', readOnlyPath: '', ownersCopy: (path) => readBelow(app, id, path) };
}

/** One folder of Ana's to write and one to read; `share` has Bo accept them. */
async function received(
  story: Story,
  path: string,
  share: (folder: number, permission: Permission) => Promise<void>,
): Promise<Place> {
  const { app } = story.ana;
  const { id: ours } = await app.makeFolder(path);
  await share(ours, 'read-write');
  const readOnlyPath = `${path} to read`;
  const { id: toRead } = await app.makeFolder(readOnlyPath);
  await app.makeFile('letter.txt', 'for you to read', toRead);
  await app.makeFolder('Inside', toRead);
  await share(toRead, 'read-only');
  return { path, readOnlyPath, ownersCopy: (below) => readBelow(app, ours, below) };
}

async function readBelow(app: Actor['app'], folder: number, path: string): Promise<string> {
  let at: number = folder;
  for (const name of path.split('/')) at = (await app.children(at)).get(name)?.id ?? missing(path);
  return (await app.read(at)).toString();
}

function missing(path: string): never {
  throw new Error(`its owner has no ${path}`);
}
