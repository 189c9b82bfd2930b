import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ForeignTokens, OcmWire, OwnKeys, type OcmRecord, type OcmServer } from '../../../src/federation/index.js';
import { parseServer } from '../../../src/federation/ocm/index.js';
import { DAY } from '../../../src/kernel/index.js';
import { createOutbound, createSealer } from '../../../src/platform/index.js';
import { handClock } from '../../oauth1/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { giveOcmKeys } from '../../support/ocm-keys.js';

const bench = sqliteBench();

interface Asked {
  readonly request: IncomingMessage;
  readonly fields: Readonly<Record<string, string>>;
}

type Answer = (response: ServerResponse, count: number) => unknown;

/** What a server sends, as JSON unless it is text. */
const says =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

const token = (change: object = {}): object => ({
  access_token: 'one',
  token_type: 'Bearer',
  expires_in: 300,
  ...change,
});

/** A server that gives tokens as `answer` says, at its own place unless `endPoint` says another. */
async function open(
  answer: Answer,
  {
    endPoint,
    limits = {},
  }: { readonly endPoint?: (origin: string) => string | undefined; readonly limits?: object } = {},
) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      asked.push({ request, fields: Object.fromEntries(new URLSearchParams(Buffer.concat(pieces).toString())) });
      answer(response, asked.length);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const outbound = createOutbound({ allowInsecure: true, exceptions: [], limits });
  onTestFinished(async () => {
    await outbound.close();
    server.closeAllConnections();
    server.close();
  });
  const [database, clock, sealer] = [await bench.open(), handClock(), createSealer(Buffer.alloc(32, 7))];
  await giveOcmKeys(database, sealer);
  const keys = new OwnKeys({ database, sealer, clock, webOrigin: 'https://gw.example' });
  const tokenEndPoint = endPoint === undefined ? `${origin}/ocm/token` : endPoint(origin);
  const servers = { recordOf: () => Promise.resolve({ tokenEndPoint } as OcmRecord) };
  const wire = new OcmWire({ outbound, clock, keys, servers });
  const tokens = new ForeignTokens({ clock, wire, servers, ownHost: 'gw.example' });
  const share = { id: 'in', server: parseServer(origin) as OcmServer, secret: 'hush hush'.replace(' ', '+') };
  return { asked, clock, origin, tokens, share, of: (refused?: string) => tokens.of(share, refused) };
}

describe('the exchange of a secret for a token', () => {
  it('sends a form, signed by RFC 9421, in which we are named by our host', async () => {
    const { of, asked } = await open(says(token()));
    expect(await of()).toBe('one');
    const [{ request, fields } = expect.fail('nothing came')] = asked;
    expect([request.method, request.url]).toEqual(['POST', '/ocm/token']);
    expect(fields).toEqual({ grant_type: 'authorization_code', client_id: 'gw.example', code: 'hush+hush' });
    expect(request.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      'signature-input': expect.stringContaining('tag="ocm"') as string,
    });
    expect(request.url).not.toContain('hush');
  });

  it.each([
    ['bearer', { token_type: 'bearer' }],
    ['BEARER', { token_type: 'BEARER' }],
    ['words that we do not know', { scope: 'all', refresh_token: 'never used' }],
    ['as a 201', {}, 201],
  ])('takes %s', async (_what, change, status = 200) => {
    const { of } = await open(says(token(change), status));
    expect(await of()).toBe('one');
  });

  it.each<[string, unknown, number?, Record<string, string>?]>([
    ['no JSON', '<!doctype html><title>one</title>'],
    ['nothing', ''],
    ['half of an answer', '{"access_token":"one","token_ty'],
    ['a list', [token()]],
    ['a word', '"one"'],
    ['null', 'null'],
    ['a form', 'access_token=one&token_type=bearer&expires_in=300'],
    ['an object without a token', token({ access_token: undefined })],
    ['an empty token', token({ access_token: '' })],
    ['a token that is a number', token({ access_token: 1 })],
    ['a token with a line break', token({ access_token: 'one\r\nX-Own: 1' })],
    ['a token with NUL', token({ access_token: 'one\0' })],
    ['a token with a blank', token({ access_token: 'one two' })],
    ['a token that is no ASCII', token({ access_token: 'öne' })],
    ['a token of more than 1 024 characters', token({ access_token: 'x'.repeat(1_025) })],
    ['no type', token({ token_type: undefined })],
    ['another type', token({ token_type: 'mac' })],
    ['a type that only begins like it', token({ token_type: 'Bearer, mac' })],
    ['a type that is a list', token({ token_type: ['Bearer'] })],
    ['a type with a line break', token({ token_type: 'Bearer\n' })],
    ['more than is read', JSON.stringify(token({ padding: 'x'.repeat(2 * 1024 * 1024) }))],
    ['an empty 204', '', 204],
    ['206', token(), 206],
    ['a redirect to itself', '', 302, { location: '/ocm/token' }],
    ['a redirect that keeps the method', '', 307, { location: '/ocm/token' }],
    ['a redirect inwards', '', 308, { location: 'http://169.254.169.254/latest' }],
    ['429', token(), 429, { 'retry-after': '1' }],
    ['500', token(), 500],
    ['503', 'resting', 503],
  ])(
    'takes %s for trouble: nothing is held, and the secret goes nowhere else',
    async (_what, body, status, headers) => {
      const { of, asked } = await open(says(body, status, headers));
      await expect(of()).rejects.toMatchObject({ code: 'peer-failed' });
      expect(asked).toHaveLength(1);
      const words = await of().catch((error: unknown) => (error instanceof Error ? error.message : ''));
      expect(words).not.toMatch(/hush|one|html/);
      expect(asked).toHaveLength(2);
    },
  );

  it.each([400, 401, 403, 404])('is refused with %i: that is no trouble, and there is no token', async (status) => {
    const { of } = await open(says({ error: 'invalid_grant' }, status));
    expect(await of()).toBeUndefined();
  });

  it.each<[string, Answer]>([
    ['says nothing', () => undefined],
    ['begins and goes silent', (response) => response.writeHead(200).write('{"access_token":')],
    [
      'drips',
      (response) => {
        const drop = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drop));
      },
    ],
  ])('does not wait for a server that %s', async (_what, answer) => {
    const { of } = await open(answer, { limits: { headers: 150, idle: 150, call: 400 } });
    await expect(of()).rejects.toMatchObject({ code: 'peer-timeout' });
  });

  it('takes a connection that is cut for trouble', async () => {
    const { of } = await open((response) => response.destroy());
    await expect(of()).rejects.toMatchObject({ code: 'peer-failed' });
  });

  it.each<[string, (origin: string) => string | undefined]>([
    ['that names no place', () => undefined],
    ['whose place nobody serves', () => 'http://127.0.0.1:1/ocm/token'],
  ])('with a server %s is trouble', async (_what, endPoint) => {
    const { of, asked } = await open(says(token()), { endPoint });
    await expect(of()).rejects.toMatchObject({ code: 'peer-failed' });
    expect(asked).toEqual([]);
  });
});

describe('a token that is held', () => {
  /** Every token is new. */
  const counting =
    (change: object): Answer =>
    (response, count) =>
      response.end(JSON.stringify(token({ access_token: `t${String(count)}`, ...change })));

  it.each<[string, object, number]>([
    ['for four fifths of its life', {}, 240],
    ['as long as a number in text says', { expires_in: '100' }, 80],
    ['for a life in parts of seconds', { expires_in: 2.5 }, 2],
    ['for four minutes where nothing is said of its life', { expires_in: undefined }, 240],
    ['for four minutes where null is said', { expires_in: null }, 240],
    ['for four minutes where its life is none', { expires_in: 0 }, 240],
    ['for four minutes where its life is negative', { expires_in: -300 }, 240],
    ['for four minutes where its life is no number', { expires_in: 'soon' }, 240],
    ['for four minutes where its life is longer than a year', { expires_in: 31_536_001 }, 240],
    ['for four minutes where its life has no end', { expires_in: 1e308 }, 240],
    ['for four fifths of a year at the most', { expires_in: 31_536_000 }, 25_228_800],
  ])('is used %s', async (_what, change, seconds) => {
    const { of, clock } = await open(counting(change));
    expect(await of()).toBe('t1');
    clock.advance(seconds - 0.001);
    expect(await of()).toBe('t1');
    clock.advance(0.001);
    expect(await of()).toBe('t2');
  });

  it('is asked for once by all who want it at once', async () => {
    const { of, asked } = await open(counting({}));
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => of())))).toEqual(new Set(['t1']));
    expect(asked).toHaveLength(1);
  });

  it('is renewed once by all to whom it was refused, and by nobody who was refused an older one', async () => {
    const { of, asked } = await open(counting({}));
    await of();
    expect(await Promise.all([of('t1'), of('t1'), of('t1')])).toEqual(['t2', 't2', 't2']);
    expect(await of('t1')).toBe('t2');
    expect(asked).toHaveLength(2);
  });

  it('is one of its share alone', async () => {
    const { tokens, share, of } = await open(counting({}));
    expect(await of()).toBe('t1');
    expect(await tokens.of({ ...share, id: 'another' })).toBe('t2');
    expect(await of()).toBe('t1');
  });

  it('is used on while its server fails, and trouble is not held against the next one', async () => {
    const { of, clock } = await open((response, count) =>
      count === 2 ? says('', 500)(response, count) : counting({})(response, count),
    );
    await of();
    await expect(of('t1')).rejects.toMatchObject({ code: 'peer-failed' });
    expect(await of()).toBe('t1');
    clock.advance(DAY / 1_000);
    expect(await of()).toBe('t3');
  });

  it('ends with a failure for all who waited for it', async () => {
    const { of, asked } = await open(says('', 500));
    const failures = await Promise.allSettled([of(), of(), of()]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(asked).toHaveLength(1);
  });
});
