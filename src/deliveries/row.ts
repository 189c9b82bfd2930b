import { Failure } from '../kernel/index.js';
import type { Sealer } from '../platform/index.js';
import type { Delivery, DeliveryRecord, Payload } from './delivery.js';

/**
 * A row of `deliveries`. A message that left the queue has no row. `dropped`: it was removed while it was under way;
 * the row blocks its lane until the attempt is over, so that a lane never has two messages under way (DLV-03).
 */
export interface DeliveryRow {
  readonly id: number;
  readonly kind: string;
  readonly peer_id: string | null;
  readonly lane: string;
  readonly payload: string;
  readonly state: 'queued' | 'failed' | 'dropped';
  readonly attempts: number;
  readonly run_at: number;
  readonly expires_at: number | null;
  readonly claimed_by: string | null;
  readonly claimed_until: number | null;
  readonly last_attempt_at: number | null;
  readonly last_answer: string | null;
  readonly created_at: number;
}

/** The columns that a payload is sealed to: in a row with another peer, lane or kind it cannot be read (SEC-01). */
type Binding = Pick<DeliveryRow, 'kind' | 'peer_id' | 'lane'>;

const contextOf = (row: Binding): string => `deliveries.payload:${JSON.stringify([row.kind, row.peer_id, row.lane])}`;

/** The payload as it is stored. */
export function sealPayload(sealer: Sealer, payload: object, row: Binding): string {
  return sealer.seal(JSON.stringify(payload), contextOf(row));
}

/** The message of a row; throws when the payload cannot be read. */
export function openDelivery(sealer: Sealer, row: DeliveryRow): Delivery {
  return {
    id: row.id,
    kind: row.kind,
    peerId: row.peer_id ?? undefined,
    lane: row.lane,
    payload: parsePayload(sealer.open(row.payload, contextOf(row))),
    attempts: row.attempts,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

function parsePayload(json: string): Payload {
  const payload: unknown = JSON.parse(json);
  if (typeof payload === 'object' && payload !== null) return payload as Payload;
  throw new Failure('internal', 'A stored message cannot be read.');
}

/** A row as people may see it. */
export function recordOf(row: DeliveryRow): DeliveryRecord {
  return {
    id: row.id,
    kind: row.kind,
    peerId: row.peer_id ?? undefined,
    lane: row.lane,
    state: row.state === 'failed' ? 'failed' : 'queued',
    attempts: row.attempts,
    runAt: row.run_at,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    lastAnswer: row.last_answer ?? undefined,
  };
}
