import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import { sqliteBench } from '../support/each-database.js';
import { openHouse, proposalFor, type House } from './support.js';

const bench = sqliteBench();

/** No change of this row can be written any more. */
async function jam({ services }: House, table: string, id: string): Promise<void> {
  const jammed = `create trigger jam_${table} before update on ${table} when old.id = '${id}'
    begin select raise(abort, 'jammed'); end`;
  await services.base.database.write((trx) => trx.raw(jammed));
}

describe('the pass that ends what is due', () => {
  it('DLV-06 goes on past an invitation that cannot be ended, and comes back to it', async () => {
    const house = await openHouse(bench);
    const {
      shares: { endings },
      base: { database },
    } = house.services;
    const stuck = await house.offer(await house.makeFolder('Plans'));
    const other = await house.offer(await house.makeFolder('Maps'));
    await jam(house, 'outgoing_shares', stuck.id);
    house.clock.advance(31 * DAY);
    expect(await endings.timeIsUp()).toBe(1);
    expect([(await house.now(stuck)).state, (await house.now(other)).state]).toEqual(['created', 'expired']);
    await database.write((trx) => trx.raw('drop trigger jam_outgoing_shares'));
    expect(await endings.timeIsUp()).toBe(1);
    expect((await house.now(stuck)).state).toBe('expired');
  });

  it('DLV-06 goes on past a proposal that cannot be ended', async () => {
    const house = await openHouse(bench);
    const {
      shares: { endings, incoming },
      agreements: { proposals },
      base: { database },
    } = house.services;
    const stuck = await proposals.receive(house.peer, proposalFor(house, 'one'));
    const other = await proposals.receive(house.peer, proposalFor(house, 'two'));
    await jam(house, 'incoming_shares', stuck.id);
    house.clock.advance(31 * DAY);
    expect(await endings.timeIsUp()).toBe(1);
    expect((await incoming.byId(database.read, other.id))?.state).toBe('expired');
  });
});
