import { Pool } from 'undici';

/** A request made up beforehand, so that its signature is not part of what is measured. */
export interface Prepared {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends every prepared request over so many connections that are kept; answers requests per second. */
export async function requestsPerSecond(
  origin: string,
  requests: readonly Prepared[],
  connections: number,
): Promise<number> {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const waiting = [...requests];
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await fetchWhole(pool, next);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return requests.length / seconds;
}

/** The time that each request took, one after the other over one kept connection, milliseconds. */
export async function latencies(origin: string, requests: readonly Prepared[]): Promise<number[]> {
  const pool = new Pool(origin, { connections: 1, pipelining: 1 });
  const times: number[] = [];
  for (const request of requests) {
    const started = performance.now();
    await fetchWhole(pool, request);
    times.push(performance.now() - started);
  }
  await pool.close();
  return times;
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

async function fetchWhole(pool: Pool, { path, headers }: Prepared): Promise<number> {
  const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) size += chunk.length;
  if (statusCode !== 200) throw new Error(`${path} was answered ${String(statusCode)}`);
  return size;
}
