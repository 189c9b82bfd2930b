import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCells, changes, expected, fits, targetOf, type Cell } from './support/matrix-cells.js';
import { openMatrix, SCOPES, type Asker, type Matrix, type Scope, type Spot } from './support/matrix-stage.js';
import { withoutEffect } from './support/world.js';

const cells = allCells().flatMap(([, cell]) => (cell === undefined ? [] : [cell]));

/** A person's own listing may ask the cloud behind a mount. */
const EXCEPT: Readonly<Partial<Record<Scope, readonly string[]>>> = { 'the owner': ['(connections)'] };

const statuses = async (spots: readonly Spot[], ask: (spot: Spot) => Promise<number>): Promise<[string, number][]> => {
  const found: [string, number][] = [];
  for (const spot of spots) found.push([spot.what, await ask(spot)]);
  return found;
};

it('every row of the storage API has its cells', () => {
  expect(allCells().filter(([, cell]) => cell === undefined)).toEqual([]);
});

describe('every call, upon every item', () => {
  let matrix: Matrix;
  beforeAll(async () => (matrix = await openMatrix()));
  afterAll(() => matrix.story.close());

  describe.each(SCOPES)('by %s', (scope) => {
    const split = (cell: Cell): { asker: Asker; still: Spot[]; moving: Spot[] } => {
      const asker = matrix.askers[scope];
      const spots = asker.spots.filter((spot) => fits(cell, spot));
      const isMoving = (spot: Spot): boolean => changes(expected(scope, cell, spot), cell);
      return { asker, still: spots.filter((spot) => !isMoving(spot)), moving: spots.filter(isMoving) };
    };
    const rule = (cell: Cell, spots: readonly Spot[]): [string, number][] =>
      spots.map((spot) => [spot.what, expected(scope, cell, spot)]);

    it.each(cells)('AUT-01 AUT-02 OAU-13 PTH-06 UNS-03 $row: reads and refusals leave no trace', async (cell) => {
      const { asker, still } = split(cell);
      const answers = await withoutEffect(
        matrix.story,
        () => statuses(still, async ({ id }) => (await cell.call(asker.app, id)).status),
        EXCEPT[scope],
      );
      expect(answers).toEqual(rule(cell, still));
    });

    it.each(cells.filter(({ verb }) => verb === 'write'))('AUT-01 $row: what is allowed is done', async (cell) => {
      const { asker, moving } = split(cell);
      const answers = await statuses(moving, async (spot) => {
        return (await cell.call(asker.app, await targetOf(asker, cell, spot))).status;
      });
      expect(answers).toEqual(rule(cell, moving));
    });

    it.each(cells.filter(({ verb }) => verb === 'read'))('AUT-02 $row: HEAD and a range say the same', async (cell) => {
      const { asker, still } = split(cell);
      const [, path = ''] = cell.row.split(' ');
      const placeOf = ({ id }: Spot): string => path.slice(1).replace(':id', String(id)).replace(':version', '1');
      const head = (spot: Spot) => asker.app.call(placeOf(spot), { method: 'HEAD' });
      const part = (spot: Spot) => asker.app.call(placeOf(spot), { headers: { range: 'bytes=0-0' } });
      expect(await statuses(still, async (spot) => (await head(spot)).status)).toEqual(rule(cell, still));
      const ranged = await statuses(still, async (spot) => (await part(spot)).status);
      const asWhole = ranged.map(([what, status]) => [what, status === 206 ? 200 : status]);
      expect(asWhole).toEqual(rule(cell, still));
    });
  });
});
