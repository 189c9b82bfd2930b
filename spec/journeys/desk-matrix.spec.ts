import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allDeskCells, expectedOfDesk, FIRST, fitsDesk, type DeskCell } from './support/matrix-desk.js';
import { openMatrix, SCOPES, type Matrix, type Scope, type Spot } from './support/matrix-stage.js';
import { withoutEffect } from './support/world.js';

const cells = allDeskCells().flatMap(([, cell]) => (cell === undefined ? [] : [cell]));

/** Calendars belong to one person each; this tests who is refused them. */
const isAsked = (scope: Scope, { verb }: DeskCell): boolean =>
  verb !== 'plan' || (scope !== 'the owner' && scope !== 'somebody else of the same cloud');

/** Behind a mount it is the other cloud that answers. */
const isHere = ({ what }: Spot): boolean => what !== 'a mount of the owner';

it('every sync route has its cells', () => {
  expect(allDeskCells().filter(([, cell]) => cell === undefined)).toEqual([]);
});

describe('every sync route, upon every item', () => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await openMatrix();
    const { app, spots } = matrix.askers['the owner'];
    for (const { id, place } of spots.filter(isHere)) {
      if (place === 'inside' || place === 'top') await comment(app, id);
    }
  });
  afterAll(() => matrix.story.close());

  async function comment(app: Matrix['askers'][Scope]['app'], id: number): Promise<void> {
    const body = JSON.stringify({ id, user: FIRST.user, cloud: FIRST.cloud, text: FIRST.text });
    const headers = { 'content-type': 'application/json' };
    const answer = await app.call('comment', { method: 'POST', headers, body });
    expect([answer.status, answer.json<{ time_created: string }>().time_created]).toEqual([200, FIRST.time]);
  }

  describe.each(SCOPES)('by %s', (scope) => {
    const isMoving = (cell: DeskCell, spot: Spot): boolean =>
      cell.verb !== 'read' && expectedOfDesk(scope, cell, spot) < 400;
    const answersTo = async (cell: DeskCell, spots: readonly Spot[]): Promise<[string, number][]> => {
      const found: [string, number][] = [];
      for (const { what, id } of spots) found.push([what, (await cell.call(matrix.askers[scope].app, id)).status]);
      return found;
    };
    const spotsFor = (cell: DeskCell, moving: boolean): Spot[] =>
      matrix.askers[scope].spots.filter(
        (spot) => isHere(spot) && fitsDesk(cell, spot) && isMoving(cell, spot) === moving,
      );
    const rule = (cell: DeskCell, spots: readonly Spot[]): [string, number][] =>
      spots.map((spot) => [spot.what, expectedOfDesk(scope, cell, spot)]);
    const asked = cells.filter((cell) => isAsked(scope, cell));

    it.each(asked)('AUT-01 AUT-02 AUT-10 $row: reads and refusals leave no trace', async (cell) => {
      const spots = spotsFor(cell, false);
      const answers = await withoutEffect(matrix.story, () => answersTo(cell, spots));
      expect(answers).toEqual(rule(cell, spots));
    });

    it.each(asked.filter(({ verb }) => verb === 'write' || verb === 'moderate'))(
      'AUT-01 $row: what is allowed is done',
      async (cell) => {
        const spots = spotsFor(cell, true);
        expect(await answersTo(cell, spots)).toEqual(rule(cell, spots));
      },
    );
  });
});
