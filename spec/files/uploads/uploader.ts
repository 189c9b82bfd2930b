// A process of its own that uploads files in pieces, several at a time, until it is killed. Each line that it says is a promise.
import { Uploads } from '../../../src/files/index.js';
import { isFailure, ROOT_ID } from '../../../src/kernel/index.js';
import { openDatabase, systemRandom, type DatabaseLocation } from '../../../src/platform/index.js';
import { Dice } from '../../journeys/kills/dice.js';
import { joiningContents } from '../../support/joining-contents.js';
import { createHandClock } from '../../support/seeds.js';
import { openFilesBench } from '../files-bench.js';
import { bytesAt, coming, PIECE } from './uploads-bench.js';

const [, , place = '', folder = '', seed = ''] = process.argv;
const database = await openDatabase(JSON.parse(place) as DatabaseLocation);
const contents = await joiningContents({ folder, database, clock: createHandClock() });
const { tree, ana, clock } = await openFilesBench(database, { contents });
const uploads = new Uploads({
  database,
  contents,
  clock,
  random: systemRandom,
  pieceSize: PIECE,
  writing: (principal, id) => tree.writing(principal, id),
});

function promise(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Uploads for ever; what the database is too busy for is begun anew, as a client would that is told to come again. */
async function work(dice: Dice): Promise<never> {
  for (;;) {
    await upload(dice).catch((error: unknown) => {
      if (!isFailure(error, 'unavailable')) throw error;
    });
  }
}

/** One file of some pieces; some are given up. */
async function upload(dice: Dice): Promise<void> {
  const isNumbered = dice.happens(0.3);
  const { id } = await uploads.begin(ana, {
    to: { parentId: ROOT_ID, name: `f${String(dice.between(1, 9))}` },
    isNumbered,
  });
  promise({ id, isNumbered, received: 0 });
  let received = 0;
  for (let number = 1; number <= dice.between(1, 5); number += 1) {
    const bytes = bytesAt(id, received, dice.between(1, 2_500));
    if (isNumbered) await uploads.putPart(ana, id, number, coming(bytes));
    else await uploads.append(ana, id, { offset: received, ...coming(bytes) });
    received += bytes.length;
    promise({ id, isNumbered, received });
  }
  if (dice.happens(0.2)) {
    await uploads.abandon(ana, id);
    promise({ id, abandoned: true });
    return;
  }
  if (dice.happens(0.3)) return;
  const node = await uploads.finish(ana, id).catch((error: unknown) => {
    if (!isFailure(error)) throw error;
    return undefined;
  });
  if (node !== undefined) promise({ id, received, finished: node.key, version: node.version });
}

await Promise.all([0, 1, 2].map((lane) => work(new Dice(`${seed} ${String(lane)}`))));
