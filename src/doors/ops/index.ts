import type { Router } from 'express';
import type { z } from 'zod';
import { Failure, statusOf } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import { createDoor, row, type AnyRow } from '../door.js';
import { operations, type Alive, type Ready } from './document.js';

/** What the operator's door needs. */
export interface OpsInputs {
  readonly log: Log;
  /** False while starting, stopping, or when something it needs is away. */
  readonly isReady: () => Promise<boolean>;
  /** The switch for insecure peers is on: nothing for production (threat model SSR-06). */
  readonly isTrial: boolean;
}

/** Health for balancers and supervisors: `/healthz` (the process answers) and `/readyz` (it can do its work). */
export function createOpsDoor(inputs: OpsInputs): Router {
  return createDoor({
    rows: opsRows(inputs),
    log: inputs.log,
    refuse: (failure, _request, response) => {
      response.status(statusOf(failure.code)).type('text/plain').send(failure.message);
    },
  });
}

/** Its routes, as data. */
export function opsRows({ isReady, isTrial }: OpsInputs): AnyRow[] {
  const anyone = (): Promise<undefined> => Promise.resolve(undefined);
  return [
    row({
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the process answers',
      document: operations.isAlive,
      body: { kind: 'none' },
      enter: anyone,
      handle: (_request, response) => {
        response.json({ ok: true } satisfies z.infer<typeof Alive>);
        return Promise.resolve();
      },
    }),
    row({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether the cloud can do its work',
      document: operations.isReady,
      body: { kind: 'none' },
      enter: anyone,
      async handle(_request, response) {
        if (!(await isReady())) throw new Failure('unavailable', 'Not ready.', { retryAfter: 1 });
        const trial = isTrial ? { insecurePeers: true as const } : {};
        response.json({ ok: true, ...trial } satisfies z.infer<typeof Ready>);
      },
    }),
  ];
}
