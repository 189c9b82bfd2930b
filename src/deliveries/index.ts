export { Breaker, Breakers, type BreakerRest } from './breaker.js';
export type { Delivery, DeliveryHandler, DeliveryRecord, Payload, Verdict } from './delivery.js';
export { Outbox, type NewDelivery, type OutboxParts } from './outbox.js';
export type { QueueCount, QueueSums } from './queue-peers.js';
export { QueueView, type DeliveryStanding, type QueuePage, type QueueQuestion } from './queue-view.js';
export { databaseTime, type LeaseTime } from './claims.js';
export { retryDelay, type RetryFacts } from './retry.js';
export { shaped } from './shaped.js';
export { createWorker, type DeliveryWorker, type WorkerParts } from './worker.js';
