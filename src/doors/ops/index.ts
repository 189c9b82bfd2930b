import type { Response, Router } from 'express';
import type { z } from 'zod';
import { statusOf } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import { anyone, createDoor, NO_BODY, row, type AnyRow } from '../door/door.js';
import { operations, type Alive, type Ready, type Unready } from './document.js';

type Reasons = readonly z.infer<typeof Unready>['reasons'][number][];

/** What the operator's door needs. */
export interface OpsInputs {
  readonly log: Log;
  /** Why it cannot do its work now, as while it stops or something that it needs is away; empty: it can. At once. */
  readonly unready: () => Promise<Reasons>;
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
export function opsRows({ unready, isTrial }: OpsInputs): AnyRow[] {
  return [
    row({
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the process answers',
      document: operations.isAlive,
      body: NO_BODY,
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
      body: NO_BODY,
      enter: anyone,
      async handle(_request, response) {
        const reasons = await unready();
        const trial = isTrial ? { insecurePeers: true as const } : {};
        if (reasons.length === 0) response.json({ ok: true, ...trial } satisfies z.infer<typeof Ready>);
        else refuse(response, reasons);
      },
    }),
  ];
}

function refuse(response: Response, reasons: Reasons): void {
  response.setHeader('Retry-After', '1');
  response.status(statusOf('unavailable')).json({ ok: false, reasons: [...reasons] } satisfies z.infer<typeof Unready>);
}
