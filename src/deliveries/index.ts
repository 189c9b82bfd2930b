export { Breaker, Breakers } from './breaker.js';
export type { Delivery, DeliveryHandler, DeliveryRecord, Payload, Verdict } from './delivery.js';
export { Outbox, type NewDelivery, type OutboxParts } from './outbox.js';
export { retryDelay, type RetryFacts } from './retry.js';
export { createWorker, type DeliveryWorker, type WorkerParts } from './worker.js';
