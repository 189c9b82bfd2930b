import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A request that is signed before the measurement. */
export interface Prepared {
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Many calls at once, from a thread of their own. */
export interface Crowd {
  /** How many were answered so far, by status. */
  answers(): Promise<Readonly<Record<string, number>>>;
  /** Sends nothing more until {@link resume}; resolves when all that was sent is answered. */
  pause(): Promise<void>;
  /** Goes on; resolves when as many more as it sends at a time were answered. */
  resume(): Promise<void>;
  /** Ends the thread, whatever is under way. */
  stop(): Promise<void>;
}

/** Plain JavaScript: a worker of a spec is started without the compiler. */
const WORK = `
const { parentPort, workerData: { url, requests, connections } } = require('node:worker_threads');
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
const answers = {};
let [next, flying, isPaused, served] = [0, 0, false, Infinity];
const count = (status) => {
  answers[status] = (answers[status] ?? 0) + 1;
  flying -= 1;
  served += 1;
  if (served === connections) parentPort.postMessage('resumed');
  if (isPaused && flying === 0) parentPort.postMessage('paused');
  one();
};
function one() {
  if (isPaused || next >= requests.length) return;
  flying += 1;
  const { method = 'GET', path, headers, body } = requests[next++];
  const sent = http.request(url + path, { method, headers, agent }, (answer) => {
    answer.resume().on('end', () => count(answer.statusCode));
  });
  sent.on('error', (error) => count(error.code));
  sent.end(body);
}
const start = () => { for (let i = 0; i < connections; i += 1) one(); };
start();
const orders = {
  answers: () => parentPort.postMessage({ ...answers, left: requests.length - next }),
  pause: () => { isPaused = true; if (flying === 0) parentPort.postMessage('paused'); },
  resume: () => { isPaused = false; served = 0; start(); },
};
parentPort.on('message', (order) => orders[order]());
`;

/** Sends all requests, so many at a time. */
export function startCrowd(url: string, requests: readonly Prepared[], connections: number): Crowd {
  const worker = new Worker(WORK, { eval: true, workerData: { url, requests, connections } });
  const tell = async (order: 'answers' | 'pause' | 'resume'): Promise<unknown> => {
    const told = once(worker, 'message');
    worker.postMessage(order);
    return (await told)[0] as unknown;
  };
  return {
    answers: async () => (await tell('answers')) as Record<string, number>,
    async pause() {
      await tell('pause');
    },
    async resume() {
      await tell('resume');
    },
    async stop() {
      await worker.terminate();
    },
  };
}
