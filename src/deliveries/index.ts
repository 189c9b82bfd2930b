export { Breaker, Breakers, type BreakerRest } from './breaker.js';
export type { Delivery, DeliveryHandler, DeliveryRecord, Payload, Verdict } from './delivery.js';
export { Outbox, type NewDelivery, type OutboxParts } from './outbox.js';
export { QueueView, type DeliveryStanding, type QueueCount, type QueuePage, type QueueQuestion } from './queue-view.js';
export { retryDelay, type RetryFacts } from './retry.js';
export { createWorker, type DeliveryWorker, type WorkerParts } from './worker.js';
