import { z } from 'zod';
import type { Operation, Tag } from '../door/operation.js';
import { RETRY_AFTER } from '../door/refusal.js';

const HEALTH: Tag = { name: 'Health', description: 'For balancers, supervisors and whoever runs this cloud.' };

/** The process answers. */
export const Alive = z.object({ ok: z.literal(true) });

/** It can do its work. */
export const Ready = Alive.extend({
  insecurePeers: z
    .literal(true)
    .optional()
    .meta({ description: 'The switch for insecure peers is on: nothing for production.' }),
});

/** It cannot, and why. */
export const Unready = z.object({
  ok: z.literal(false),
  reasons: z.array(
    z.object({
      what: z.string().meta({ description: 'What is missing: `stopping`, `database`, `storage` and others.' }),
      description: z.string().meta({ description: 'One sentence for whoever runs this cloud.' }),
    }),
  ),
});

const STANDS_STILL = { what: 'database', description: 'The database has not answered for five seconds.' };

/** What the API document says of the operator's door. */
export const operations = {
  isAlive: {
    operationId: 'isAlive',
    tag: HEALTH,
    proofs: [],
    answers: { 200: { description: 'It does.', content: { 'application/json': { schema: Alive } } } },
  },
  isReady: {
    operationId: 'isReady',
    tag: HEALTH,
    proofs: [],
    answers: {
      200: { description: 'It can.', content: { 'application/json': { schema: Ready } } },
      503: {
        description: 'It stops, or misses something that it needs; the reasons say what.',
        content: { 'application/json': { schema: Unready, examples: [{ ok: false, reasons: [STANDS_STILL] }] } },
        headers: RETRY_AFTER,
      },
    },
  },
} satisfies Record<string, Operation>;
