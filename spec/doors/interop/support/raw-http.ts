import { connect } from 'node:net';
import type { Station } from '../../../support/open-pair.js';

/** An answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends bytes exactly as they are; `lines` are the request line and headers, without `Connection`. */
export function exchange(station: Pick<Station, 'url'>, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const { hostname, port } = new URL(station.url);
  const head = [...lines, 'Connection: close', `Content-Length: ${String(Buffer.byteLength(body))}`, '', ''];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    let text = '';
    socket.on('data', (piece: string) => (text += piece)).once('error', reject);
    socket.once('close', () => {
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    });
    socket.write(head.join('\r\n') + body);
  });
}
