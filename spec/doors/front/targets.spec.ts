import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/platform/index.js';
import { openTown, type Station, type Town } from '../../support/open-pair.js';

let town: Town;
let alder: Station;
const errors: string[] = [];

beforeAll(async () => {
  const lines = new Writable({
    write: (line, _encoding, done) => {
      errors.push(String(line));
      done();
    },
  });
  town = await openTown(undefined, createLog('error', lines));
  alder = await town.found('Alder');
});
afterAll(() => town.close());

/** Sends a request for a target exactly as it stands here and answers everything that comes back. */
function ask(method: string, target: string): Promise<string> {
  const { hostname, port, host } = new URL(alder.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).setEncoding('latin1');
    let text = '';
    socket.on('data', (piece: string) => (text += piece)).on('error', reject);
    socket.on('close', () => resolve(text));
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

describe('a request target', () => {
  it.each([
    '/v1/./folder/0',
    '/v1/../files',
    '/v1/%2e%2E/files',
    '/files/..',
    '/./interop/share',
    '/interop/result/.%2e/share',
    '/assets/../../package.json',
  ])('PTH-02 %s is 400 at every door', async (target) => {
    for (const method of ['GET', 'POST']) expect(await ask(method, target)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['OPTIONS', '*'],
    ['GET', '*'],
    ['POST', '*'],
    ['GET', 'ftp://localhost/files'],
  ])('PTH-02 SEC-04 of %s that is no path (%s) is 400, and no fault of ours', async (method, target) => {
    expect(await ask(method, target)).toMatch(/^HTTP\/1\.1 400 /);
    expect(errors).toEqual([]);
  });

  it('may be a whole address, have dots in its names, and be decoded once', async () => {
    expect(await ask('GET', `${alder.url}/healthz`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask('GET', '/.well-known/cloudspaces')).not.toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask('GET', '/files/%252e%252e?of=../x')).not.toMatch(/^HTTP\/1\.1 400 /);
  });
});
