import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activate, openStory, type Story } from './support/story.js';

const MIB = 1024 * 1024;
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const WAITS = 'Expect: 100-continue';

/** Doors whose callers prove themselves in what they send, and what each says to an empty form. */
const DOORS = [
  ['the interop door', '/interop/unshare', '401'],
  ['the token calls', '/oauth/request_token', '400'],
  ['the pages', '/login', '403'],
] as const;

/** A connection that sends what it is told and remembers what came. */
class Wire {
  readonly #host: string;
  readonly #socket;
  #received = '';
  readonly closed: Promise<void>;

  constructor(origin: URL) {
    this.#host = origin.host;
    this.#socket = connect({ port: Number(origin.port), host: 'localhost' });
    this.#socket.setEncoding('latin1').on('data', (text: string) => (this.#received += text));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  head(method: string, path: string, ...lines: readonly string[]): this {
    const host = lines.some((line) => line.startsWith('Host:')) ? [] : [`Host: ${this.#host}`];
    this.#socket.write([`${method} ${path} HTTP/1.1`, ...host, ...lines, '', ''].join('\r\n'));
    return this;
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Sends until an answer comes, one megabyte at a time and at most fifty. */
  pour(): void {
    let sent = 0;
    const more = (): void => {
      while (sent < 50 && this.#received === '' && this.#socket.write('x'.repeat(MIB))) sent += 1;
    };
    this.#socket.on('drain', more);
    more();
  }

  get received(): string {
    return this.#received;
  }

  /** All statuses that came, once there are `count` of them. */
  async statuses(count = 1): Promise<readonly (string | undefined)[]> {
    const all = () => [...this.#received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    await expect.poll(() => all().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
    return all();
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}

describe('a sender that waits for a go-ahead, and one that does not wait', () => {
  let story: Story;
  let origin: URL;

  beforeAll(async () => {
    story = await openStory();
    origin = new URL(story.alder.url);
  });
  afterAll(() => story.close());

  it.each(DOORS)('%s sends 100 Continue before it reads (F-17)', async (_door, path, answer) => {
    const wire = new Wire(origin).head('POST', path, FORM, WAITS, 'Content-Length: 3');
    expect(await wire.statuses()).toEqual(['100']);
    wire.send('a=b');
    expect(await wire.statuses(2)).toEqual(['100', answer]);
    wire.hangUp();
  });

  it.each(DOORS)('%s refuses what is too long without drawing it (F-17)', async (_door, path) => {
    const wire = new Wire(origin).head('POST', path, FORM, WAITS, `Content-Length: ${String(MIB)}`);
    expect(await wire.statuses()).toEqual(['413']);
    await wire.closed;
    expect(wire.received).toMatch(/connection: close/i);
  });

  it.each(DOORS.slice(0, 2))('%s refuses a foreign host and an unread type without drawing (F-17)', async (_, path) => {
    const strange = new Wire(origin).head('POST', path, 'Host: elsewhere.example', FORM, WAITS, 'Content-Length: 3');
    expect(await strange.statuses()).toEqual(['421']);
    const odd = new Wire(origin).head('POST', path, 'Content-Type: text/csv', WAITS, 'Content-Length: 3');
    expect(await odd.statuses()).toEqual(['415']);
    await Promise.all([strange.closed, odd.closed]);
  });

  it.each([...DOORS, ['an address without a page', '/nothing', '404'] as const])(
    '%s lets a sender of megabytes read its refusal, and then closes (F-17)',
    async (_door, path) => {
      const wire = new Wire(origin).head('POST', path, FORM, 'Content-Length: 1000000000');
      wire.pour();
      expect((await wire.statuses())[0]).toMatch(/^4\d\d$/);
      await wire.closed;
      expect(wire.received).toMatch(/connection: close/i);
      const [head = '', body = ''] = wire.received.split('\r\n\r\n');
      expect(body.length).toBe(Number(/content-length: (\d+)/i.exec(head)?.[1]));
    },
  );

  it.each(DOORS)('%s lets fetch, still sending, read that it is too much (F-17)', async (_door, path) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await fetch(new URL(path, origin), { method: 'POST', headers, ...megabytes(8) });
    expect(status).toBe(413);
  });

  it('takes no second message on a connection whose first it has refused (F-17)', async () => {
    const wire = new Wire(origin).head('POST', '/interop/unshare', FORM, 'Transfer-Encoding: chunked');
    wire.send(`20000\r\n${'x'.repeat(0x20000)}\r\n`);
    expect(await wire.statuses()).toEqual(['413']);
    wire.send('0\r\n\r\n');
    wire.head('GET', '/healthz');
    await wire.closed;
    expect(await wire.statuses()).toEqual(['413']);
  });

  it('a refusal of the origin reaches an app that still sends through the other cloud (F-17)', async () => {
    const { folder, mount } = await activate(story, { permission: 'read-write' });
    await story.alder.services.people.accounts.set(story.ana.email, { quota: 2 * MIB });
    const path = `file?name=big.bin&parent=${String(mount)}`;
    const headers = { ...story.bo.app.headers('POST', path), 'content-type': 'application/octet-stream' };
    const target = `${story.birch.url}/v1/${path}`;
    const answer = await fetch(target, { method: 'POST', headers, ...megabytes(16) });
    expect([answer.status, await answer.text()]).toEqual([413, 'Upload exceeds quota.']);

    const wire = new Wire(new URL(story.birch.url));
    const lines = Object.entries({ ...story.bo.app.headers('POST', path), 'Content-Type': 'application/octet-stream' });
    wire.head(
      'POST',
      `/v1/${path}`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
      'Content-Length: 1000000000',
    );
    wire.pour();
    expect(await wire.statuses()).toEqual(['413']);
    await wire.closed;
    expect(wire.received.endsWith('Upload exceeds quota.')).toBe(true);
    expect((await story.ana.app.children(folder)).has('big.bin')).toBe(false);
  });
});

/** A body whose length nobody knows before it has come. */
function megabytes(count: number): RequestInit & { readonly duplex: 'half' } {
  let left = count;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) controller.close();
      else controller.enqueue(new Uint8Array(MIB).fill(0x61));
      left -= 1;
    },
  });
  return { body, duplex: 'half' };
}
