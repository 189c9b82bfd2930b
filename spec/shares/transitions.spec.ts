import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  INCOMING_EVENTS,
  INCOMING_STATES,
  isEnd,
  nextIncoming,
  nextOutgoing,
  OUTGOING_EVENTS,
  OUTGOING_STATES,
} from '../../src/shares/index.js';

/** The tables of cloudspaces-interop.md section 8, written down a second time: `from event → to`. */
const OUTGOING = `
created choose → sent
created end → withdrawn
created lapse → expired
created expire → expired
sent choose → sent
sent offer-failed → created
sent accept → accepted
sent decline → declined
sent end → withdrawn
sent lapse → expired
sent expire → expired
sent left → left
sent repoint → created
accepted delivered → active
accepted refused → revoked
accepted end → revoked
accepted expire → expired
accepted left → left
accepted repoint → created
active refused → revoked
active end → revoked
active expire → expired
active left → left`;

const INCOMING = `
pending accept → accepted
pending decline → declined
pending lapse → expired
pending told-withdrawn → withdrawn
pending told-expired → expired
pending told-revoked → revoked
pending leave → left
accepted mounted → active
accepted told-withdrawn → withdrawn
accepted told-expired → expired
accepted told-revoked → revoked
accepted dead-expired → expired
accepted dead-revoked → revoked
accepted leave → left
active told-withdrawn → withdrawn
active told-expired → expired
active told-revoked → revoked
active dead-expired → expired
active dead-revoked → revoked
active leave → left`;

function table(text: string): Map<string, string> {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(' → ') as [string, string]);
  return new Map(rows);
}

describe('the transitions', () => {
  it('of the origin are exactly those of the contract, every state × event', () => {
    const expected = table(OUTGOING);
    for (const state of OUTGOING_STATES) {
      for (const event of OUTGOING_EVENTS) {
        expect([state, event, nextOutgoing(state, event)]).toEqual([state, event, expected.get(`${state} ${event}`)]);
      }
    }
  });

  it('of the destination are exactly those of the contract, every state × event', () => {
    const expected = table(INCOMING);
    for (const state of INCOMING_STATES) {
      for (const event of INCOMING_EVENTS) {
        expect([state, event, nextIncoming(state, event)]).toEqual([state, event, expected.get(`${state} ${event}`)]);
      }
    }
  });

  it('never leave an end state, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...OUTGOING_EVENTS)),
        fc.array(fc.constantFrom(...INCOMING_EVENTS)),
        (out, inc) => {
          let outgoing = OUTGOING_STATES[0] as (typeof OUTGOING_STATES)[number];
          for (const event of out) {
            const next = nextOutgoing(outgoing, event);
            if (isEnd(outgoing)) expect(next).toBeUndefined();
            outgoing = next ?? outgoing;
          }
          let incoming = INCOMING_STATES[0] as (typeof INCOMING_STATES)[number];
          for (const event of inc) {
            const next = nextIncoming(incoming, event);
            if (isEnd(incoming)) expect(next).toBeUndefined();
            incoming = next ?? incoming;
          }
        },
      ),
    );
  });

  it('give access only through an acceptance', () => {
    const reached = (events: readonly (typeof OUTGOING_EVENTS)[number][]): string =>
      events.reduce<(typeof OUTGOING_STATES)[number]>((state, event) => nextOutgoing(state, event) ?? state, 'created');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTGOING_EVENTS.filter((event) => event !== 'accept'))), (events) => {
        expect(['accepted', 'active']).not.toContain(reached(events));
      }),
    );
  });

  it('end exactly in the five words of product.md, or by decline', () => {
    const ends = OUTGOING_STATES.filter(isEnd);
    expect(ends).toEqual(['declined', 'withdrawn', 'expired', 'revoked', 'left']);
    expect(INCOMING_STATES.filter(isEnd)).toEqual(ends);
  });
});
