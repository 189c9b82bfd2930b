import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One request that a stub was sent. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

/** A server that answers as it is told and remembers what it was asked. */
export interface Stub {
  readonly url: string;
  readonly port: number;
  readonly heard: readonly Heard[];
}

/** Starts a stub; it ends with the running test. */
export async function startStub(answer: (response: ServerResponse, heard: Heard) => void): Promise<Stub> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, authorization: headers.authorization ?? '', body };
      heard.push(one);
      answer(response, one);
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${String(port)}`, port, heard };
}
