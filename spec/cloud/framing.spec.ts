import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseOddFraming } from '../../src/cloud/framing.js';

const app = express();
let handled = 0;
app.use(refuseOddFraming);
app.use((request, response) => {
  handled += 1;
  request.resume().on('end', () => response.end('handled'));
});
const server = createServer(app);

beforeAll(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    }),
);
afterAll(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    }),
);

/** Sends bytes as they are and answers everything that comes back until the server closes. */
function exchange(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write(lines.join('\r\n'));
    });
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', reject).on('close', () => {
      resolve(text);
    });
  });
}

const head = ['POST /x HTTP/1.1', 'Host: x'];
const end = ['', '0', '', ''];

describe('the framing of a message', () => {
  it('may be chunked', async () => {
    expect(await exchange([...head, 'Transfer-Encoding: chunked', 'Connection: close', ...end])).toContain('handled');
  });

  it.each([
    ['another coding in front', ['Transfer-Encoding: gzip, chunked']],
    ['a coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a length beside a coding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['a folded header', ['Transfer-Encoding:', ' chunked']],
  ])('PXY-08 is refused and the connection closed with %s', async (_what, headers) => {
    const before = handled;
    const answer = await exchange([...head, ...headers, ...end]);
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|501) /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(handled).toBe(before);
  });
});
