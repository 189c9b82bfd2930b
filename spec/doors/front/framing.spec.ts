import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuseOddFraming } from '../../../src/doors/front/index.js';

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

  it('that names two hosts is refused, whichever they are (F-71)', async () => {
    for (const other of ['x', 'y']) {
      const answer = await exchange(['GET /x HTTP/1.1', 'Host: x', `host: ${other}`, '', '']);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('A request names exactly one host.');
    }
  });

  it.each([
    ['another coding in front', ['Transfer-Encoding: gzip, chunked']],
    ['a coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a length beside a coding', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['a folded header', ['Transfer-Encoding:', ' chunked']],
    ['a bare line feed', ['X-A: a\nTransfer-Encoding: chunked']],
    ['a bare carriage return', ['X-A: a\rTransfer-Encoding: chunked']],
    ['a list of lengths', ['Content-Length: 4, 4']],
    ['the same length twice', ['Content-Length: 4', 'Content-Length: 4']],
    ['a length with a sign', ['Content-Length: +4']],
    ['a blank before the colon', ['Content-Length : 4']],
    ['a vertical tab before the coding', ['Transfer-Encoding: \x0bchunked']],
    ['no coding as a coding', ['Transfer-Encoding: identity']],
  ])('PXY-08 is refused and the connection closed with %s', async (_what, headers) => {
    const before = handled;
    const answer = await exchange([...head, ...headers, ...end]);
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|501) /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(handled).toBe(before);
  });
});
