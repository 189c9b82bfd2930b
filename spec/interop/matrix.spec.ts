import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Peer } from '../../src/peers/index.js';
import type { ScriptedPeer } from '../support/scripted-peers/peer.js';
import { CELLS } from './matrix-cells.js';
import { COLUMNS, MAKES, ROLES, TRANSPORTS, type Column } from './support/columns.js';
import { DestinationColumn } from './support/destination-column.js';
import { OriginColumn } from './support/origin-column.js';
import { Outcomes } from './support/outcomes.js';
import { openStage, type Stage } from './support/stage.js';

describe('the interop matrix', () => {
  let stage: Stage;
  beforeAll(async () => (stage = await openStage()));
  beforeEach(() => stage.forgetLimits());
  afterAll(() => stage.close());

  it('has a column for every make, role and transport, and cells for every column', () => {
    const wanted = MAKES.flatMap((make) => ROLES.flatMap((role) => TRANSPORTS.map((via) => `${make} ${role} ${via}`)));
    const there = COLUMNS.map(({ make, role, terms }) => `${make} ${role} ${terms.transport}`);
    expect(there).toEqual(expect.arrayContaining(wanted));
    expect(Object.keys(CELLS).sort()).toEqual(COLUMNS.map(({ title }) => title).sort());
  });

  describe.each(COLUMNS)('$title', (column) => {
    let seen: ReadonlyMap<string, string>;
    let leaked: readonly string[];
    beforeAll(async () => {
      await stage.forgetLimits();
      ({ seen, leaked } = await walk(stage, column));
    });
    const declared = CELLS[column.title] ?? {};

    it.each(Object.entries(declared))('%s: %s', (step, outcome) => {
      expect(seen.get(step) ?? 'never reached').toBe(outcome);
    });

    it('takes no step that has no cell', () => {
      expect([...seen.keys()].filter((step) => !(step in declared))).toEqual([]);
    });

    it('G6 no secret of ours passes through a browser', () => {
      expect(leaked).toEqual([]);
    });
  });
});

interface Walked {
  readonly seen: ReadonlyMap<string, string>;
  /** Secrets of ours that a browser carried. */
  readonly leaked: readonly string[];
}

async function walk(stage: Stage, { title: name, role, terms, open, kind = 'folder' }: Column): Promise<Walked> {
  const outcomes = new Outcomes();
  const peer = await open(() => stage.birch.clock.now());
  const { inbound } = await stage.introduce(peer, { ...terms, name });
  outcomes.note('register', wordsOf(await stage.birch.services.neighbours.peers.byName(name)));
  const inputs = { stage, peer, name, outcomes };
  const way = role === 'origin' ? new OriginColumn({ ...inputs, kind }) : new DestinationColumn({ ...inputs, inbound });
  const carried = (await way.walk()).map(({ href }) => href).concat(carriedTo(peer));
  const secrets = [...peer.received.values()].flatMap(({ grant }) => [grant?.key ?? '', grant?.secret ?? '']);
  const ours = [...secrets, inbound.secret].filter((secret) => secret !== '');
  return { seen: outcomes.seen, leaked: ours.filter((secret) => carried.some((text) => text.includes(secret))) };
}

/** How our administrator sees it. */
function wordsOf(peer: Peer | undefined): string {
  if (peer === undefined) return 'unknown';
  const { dialect, transport, allowUnsigned, credentialsByGet } = peer;
  const insecure = [...(allowUnsigned ? ['unsigned'] : []), ...(credentialsByGet ? ['credentials by GET'] : [])];
  return [`${dialect} by ${transport}`, ...insecure].join(', ');
}

/** What browsers posted to a scripted cloud. */
function carriedTo({ server }: ScriptedPeer): string[] {
  return server.heard.filter(({ byBrowser }) => byBrowser).map(({ body }) => body.toString());
}
