import { eachDatabase } from '../support/each-database.js';
import { deliveryQueueContract } from './delivery-queue.js';
import { deliveryWorkerContract } from './delivery-worker.js';

eachDatabase((bench) => {
  deliveryQueueContract(bench);
  deliveryWorkerContract(bench);
});
