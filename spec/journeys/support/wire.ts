import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { request } from 'undici';

/** What is sent, nothing added but a host and a length. */
export interface Sent {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json<T = unknown>(): T;
}

/** Sends one plain request; redirects are answers like any other. Rejects when the connection breaks. */
export async function send(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  const answer = await request(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes,
    text: bytes.toString(),
    json: <T>() => JSON.parse(bytes.toString()) as T,
  };
}

/** What a body amounted to when it was only counted and looked at in passing. */
export interface Passed {
  readonly status: number;
  readonly size: number;
}

/** Sends one request and lets its answer pass by, so that its length costs no memory here. */
export async function sendAndPass(url: string, sent: Sent, look?: (chunk: Buffer) => void): Promise<Passed> {
  const { method = 'GET', headers = {}, body } = sent;
  const answer = await request(url, { method, headers, ...(body === undefined ? {} : { body }) });
  let size = 0;
  answer.body.on('data', (chunk: Buffer) => {
    size += chunk.length;
    look?.(chunk);
  });
  await once(answer.body, 'end');
  return { status: answer.statusCode, size };
}
