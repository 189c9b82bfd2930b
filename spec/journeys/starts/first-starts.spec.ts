import { describe, expect, it } from 'vitest';
import { postgresReason } from '../../support/postgres.js';
import { serveOnNothing } from './on-nothing.js';

const noPostgres = (await postgresReason()) !== undefined;

describe('four processes that start at once on nothing', () => {
  // Fifty times in spec/long.
  it.skipIf(noPostgres)('F-81 OPS-02 on PostgreSQL: none exits', async () => {
    expect(await serveOnNothing('postgres', 4)).toEqual([]);
  });

  it('F-81 OPS-02 on SQLite: none exits', async () => {
    expect(await serveOnNothing('sqlite', 4)).toEqual([]);
  });
});
