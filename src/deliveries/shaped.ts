import type { z } from 'zod';
import type { DeliveryHandler } from './delivery.js';

/**
 * Thrown when a stored payload does not have the shape of its kind, because a later release or a person wrote it. The
 * message is shown as failed, with these words, until somebody retries it; the peer is not asked.
 */
export class UnfitPayload extends Error {
  constructor(kind: string, where: string) {
    super(`The stored ${kind} message is not one that this release can send: ${where} does not fit.`);
    this.name = 'UnfitPayload';
  }
}

/** A handler whose payloads have this shape; it is checked when a message is claimed. Other fields are left out. */
export function shaped<P>(shape: z.ZodType<P>, handle: DeliveryHandler<P>): DeliveryHandler {
  return async (delivery) => {
    const read = shape.safeParse(delivery.payload);
    if (read.success) return handle({ ...delivery, payload: read.data });
    // Only the path of the field is told, because a payload may contain secrets and the words are shown.
    throw new UnfitPayload(delivery.kind, read.error.issues[0]?.path.join('.') || 'its content');
  };
}
