import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeApi } from '../../../src/doors/docs/index.js';
import { row, type AnyRow } from '../../../src/doors/door/door.js';
import type { Operation } from '../../../src/doors/door/operation.js';
import { send } from '../../journeys/support/wire.js';
import { openTown, type Station, type Town } from '../../support/open-pair.js';
import { api, API_DOORS, contract } from './api.js';
import type { Api } from './contract.js';

/** Doors of pages for people, of WebDAV, which RFC 4918 describes, and the one that shows the document. */
const OTHER_DOORS = ['dav', 'docs', 'pages'];

/** Folders of what doors share. */
const SHARED = ['callers', 'content', 'door', 'front'];

/** What the document says of the bodies of calls. */
type Uploads = Record<string, Record<string, { requestBody?: { content: object } }> | undefined>;

describe('the API document', () => {
  it('knows every door', () => {
    const folder = path.resolve(import.meta.dirname, '..', '..', '..', 'src', 'doors');
    const doors = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known = new Set([...Object.keys(API_DOORS).map((door) => door.split('/')[0]), ...OTHER_DOORS, ...SHARED]);
    expect(doors.map(({ name }) => name).sort()).toEqual([...known].sort());
  });

  it.each(Object.keys(API_DOORS))('has every route of the door %s', (door) => {
    const rows = API_DOORS[door]?.rows ?? [];
    expect(rows.length).toBeGreaterThan(0);
    const without = rows.filter(({ document }) => document === undefined);
    expect(without.map(({ method, path: route }) => `${method} ${route}`)).toEqual([]);
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(api)));
    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
  });

  it('gives examples that fit what it says', () => {
    const faults = examplesOf(api).flatMap(({ at, value }) =>
      contract.valueFaults(at, value).map((fault) => `${at.join('/')}: ${fault}`),
    );
    expect(faults).toEqual([]);
    expect(examplesOf(api).length).toBeGreaterThan(100);
  });

  it('declares every parameter of a path, once, and no other', () => {
    for (const [route, item] of Object.entries(api.paths)) {
      const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { operationId, parameters = [] } of Object.values(item)) {
        const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
        expect([operationId, declared.sort()]).toEqual([operationId, named.sort()]);
      }
    }
  });

  it('F-54 takes a content of any type, and names every signature that is taken', () => {
    const { '/v1/file': files, '/v1/file/{id}/data': data } = JSON.parse(JSON.stringify(api.paths)) as Uploads;
    for (const call of [files?.['post'], data?.['put']]) {
      expect(Object.keys(call?.requestBody?.content ?? {})).toEqual(['application/octet-stream', '*/*']);
    }
    for (const method of ['HMAC-SHA256', 'HMAC-SHA1', 'RSA-SHA256', 'RSA-SHA1', 'PLAINTEXT']) {
      expect(JSON.stringify(api)).toContain(`\`${method}\``);
    }
  });

  it('is not assembled when two calls, or two different objects, have one name', () => {
    const call = (operationId: string, schema: z.ZodType): AnyRow => {
      const answers = { 200: { description: 'Yes.', content: { 'application/json': { schema } } } };
      const document: Operation = { operationId, tag: { name: 'Any', description: '' }, proofs: [], answers };
      const nobody = async (): Promise<undefined> => undefined;
      return row({
        method: 'GET',
        path: `/${operationId}`,
        summary: '',
        document,
        body: { kind: 'none' },
        enter: nobody,
        handle: nobody,
      });
    };
    const assemble = (...rows: AnyRow[]): unknown =>
      describeApi({ cloudName: 'Alder', webOrigin: 'https://alder.example', groups: [{ base: '', rows }] });
    const one = z.object({ a: z.string() }).meta({ id: 'Thing' });
    const other = z.object({ b: z.string() }).meta({ id: 'Thing' });
    expect(() => assemble(call('same', one), call('same', one))).toThrow('same');
    expect(() => assemble(call('first', one), call('second', other))).toThrow('Thing');
    expect(() => assemble(call('first', one), call('second', one))).not.toThrow();
  });
});

interface Example {
  readonly at: readonly string[];
  readonly value: unknown;
}

/** Every example anywhere in a document, with the place of the schema that it must fit. */
function examplesOf(node: unknown, at: readonly string[] = []): readonly Example[] {
  if (typeof node !== 'object' || node === null) return [];
  const { examples, example, schema } = node as Record<string, unknown>;
  const own: Example[] = Array.isArray(examples) ? examples.map((value: unknown) => ({ at, value })) : [];
  if (example !== undefined && schema !== undefined) own.push({ at: [...at, 'schema'], value: example });
  if (!Array.isArray(examples) && typeof examples === 'object' && examples !== null && schema !== undefined) {
    const values = Object.values(examples as Record<string, { value: unknown }>);
    own.push(...values.map(({ value }) => ({ at: [...at, 'schema'], value })));
  }
  const below = Object.entries(node).filter(([key]) => key !== 'examples' && key !== 'example');
  return [...own, ...below.flatMap(([key, part]) => examplesOf(part, [...at, key]))];
}

describe('the documentation of a cloud', () => {
  let town: Town;
  let alder: Station;
  beforeAll(async () => {
    town = await openTown(async () => ({ FOOTBRIDGE_API_PREFIX: '/api/cloudspaces/' }));
    alder = await town.found('Alder');
  });
  afterAll(() => town.close());

  it('is the document of its own doors, at its own address', async () => {
    const answer = await send(`${alder.url}/docs/openapi.json`);
    const served = answer.json<Api>();
    expect(served.info.title).toBe('The API of Alder');
    expect(served.servers).toEqual([{ url: alder.url }]);
    const elsewhere = Object.keys(api.paths).map((each) => each.replace(/^\/v1\//, '/api/cloudspaces/'));
    expect(Object.keys(served.paths).sort()).toEqual(elsewhere.sort());
    expect(served.components).toEqual(JSON.parse(JSON.stringify(api.components)));
  });

  it('is public, the same for everybody, kept for a minute and protected like a page', async () => {
    for (const target of ['/docs', '/docs/openapi.json']) {
      const { status, headers } = await send(alder.url + target);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=60',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  it('is not sent again to whoever has it', async () => {
    const first = await send(`${alder.url}/docs/openapi.json`);
    const headers = { 'if-none-match': String(first.headers.etag) };
    expect((await send(`${alder.url}/docs/openapi.json`, { headers })).status).toBe(304);
  });

  it('shows every call, every object and every sentence on one page that needs nothing else', async () => {
    const { text } = await send(`${alder.url}/docs`);
    const served = (await send(`${alder.url}/docs/openapi.json`)).json<Api>();
    const calls = Object.values(served.paths).flatMap((item) => Object.values(item));
    const anchors = [
      ...calls.map(({ operationId }) => operationId),
      ...Object.keys(served.components.schemas).map((name) => `object-${name}`),
      ...Object.keys(served.components.securitySchemes).map((name) => `proof-${name}`),
    ];
    expect(anchors.filter((id) => text.split(`id="${id}"`).length !== 2)).toEqual([]);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id = '']) => id);
    expect(links.filter((id) => !text.includes(`id="${id}"`))).toEqual([]);
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source);
    expect(sources.filter((source) => !/^[#/](?!\/)/.test(source))).toEqual([]);
    expect(text).toContain('This name is already used in the same folder. Please use a different one.');
    expect(text).toContain('/api/cloudspaces/folder/{id}/share');
  });
});
