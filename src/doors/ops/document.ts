import { z } from 'zod';
import type { Operation, Tag } from '../operation.js';
import { RETRY_AFTER } from '../refusal.js';

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
        description: 'It starts, stops, or misses something that it needs.',
        content: { 'text/plain': { schema: z.string(), examples: ['Not ready.'] } },
        headers: RETRY_AFTER,
      },
    },
  },
} satisfies Record<string, Operation>;
