import { Pool } from 'undici';

/** A request that is signed before the measurement starts. */
export interface Prepared {
  /** Default: GET. */
  readonly method?: 'GET' | 'PROPFIND';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The result of a load. */
export interface Answered {
  readonly perSecond: number;
  /** How long each request took, milliseconds. */
  readonly times: readonly number[];
}

/** Sends every prepared request over so many connections that are kept; answers requests per second. */
export async function requestsPerSecond(
  origin: string,
  requests: readonly Prepared[],
  connections: number,
): Promise<number> {
  return (await loadOn(origin, requests, connections)).perSecond;
}

/** Sends every prepared request over so many connections that are kept. */
export async function loadOn(origin: string, requests: readonly Prepared[], connections: number): Promise<Answered> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const waiting = [...requests];
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const began = performance.now();
      await fetchWhole(pool, next);
      times.push(performance.now() - began);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { perSecond: requests.length / seconds, times };
}

/** The time that each request took, one after the other over one kept connection, milliseconds. */
export async function latencies(origin: string, requests: readonly Prepared[]): Promise<number[]> {
  const pool = new Pool(origin, { connections: 1, pipelining: 1 });
  const times: number[] = [];
  for (const request of requests) times.push(await timeOf(pool, request));
  await pool.close();
  return times;
}

/** How long one request takes to its end, milliseconds. */
export async function timeOf(pool: Pool, request: Prepared): Promise<number> {
  const started = performance.now();
  await fetchWhole(pool, request);
  return performance.now() - started;
}

/** Reads one answer to its end; answers bytes per second. */
export async function bytesPerSecond(origin: string, request: Prepared): Promise<number> {
  const pool = new Pool(origin, { connections: 1 });
  const started = performance.now();
  const size = await fetchWhole(pool, request);
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return size / seconds;
}

async function fetchWhole(pool: Pool, { method = 'GET', path, headers }: Prepared): Promise<number> {
  const { statusCode, body } = await pool.request({ method, path, headers });
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) size += chunk.length;
  if (statusCode !== (method === 'GET' ? 200 : 207)) throw new Error(`${path} was answered ${String(statusCode)}`);
  return size;
}
