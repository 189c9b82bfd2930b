import express, { type Express } from 'express';
import request, { type Test } from 'supertest';
import type { ClientWithSecret } from '../../../src/clients/index.js';
import { createOAuthDoor } from '../../../src/doors/oauth/index.js';
import {
  createSigner,
  formatPairs,
  parseAuthorization,
  parsePairs,
  type Credentials,
  type Pair,
  type SecretMethod,
  type Transmission,
} from '../../../src/oauth1/index.js';
import { createLog } from '../../../src/platform/index.js';
import { openNonces } from '../../oauth1/support.js';
import type { Bench } from '../../support/each-database.js';
import { createSeededRandom } from '../../support/seeds.js';
import { contract } from '../docs/api.js';
import { openPopulatedPages, submit, type Browser } from '../pages/pages-app.js';

/** Where the cloud of these specs says that it is. */
export const ORIGIN = 'http://localhost:4000';
export const CALLBACK = 'https://desktop.example/back?from=cloud';
export const FORM_TYPE = 'application/x-www-form-urlencoded';

export type Step = 'request_token' | 'access_token';

/** How an app signs and sends one of its token calls. */
export interface CallOptions {
  readonly verb?: 'GET' | 'POST';
  readonly transport?: Transmission;
  readonly method?: SecretMethod;
  readonly protocol?: readonly Pair[];
}

/** What an app holds between two steps. */
export interface Issued {
  readonly token: string;
  readonly tokenSecret: string;
}

/** A cloud with both doors of the dance, some people, and some apps. */
export type Dance = Awaited<ReturnType<typeof openDance>>;

/** Opens it; `secure`: as if requests came over TLS, `cap`: nonces that one app may use up. */
export async function openDance(bench: Bench, { secure = true, cap = 1_000 } = {}) {
  const pages = await openPopulatedPages(await bench.open(), ORIGIN);
  const { clients, temporaryCredentials, room } = pages;
  const { clock } = room;
  const door = createOAuthDoor({
    clock,
    clients,
    temporaryCredentials,
    webOrigin: ORIGIN,
    nonces: await openNonces(clock, cap),
    isSecure: () => secure,
    log: createLog('silent'),
  });
  const app: Express = express().use(door).use(pages.app);
  const signer = createSigner({ clock, random: createSeededRandom('an app'), insecure: true });
  const header = (step: Step, app: Credentials, { verb = 'POST', method, protocol = [] }: CallOptions = {}): string =>
    signer.header({ method: verb, url: new URL(`/oauth/${step}`, ORIGIN) }, app, {
      protocol,
      ...(method === undefined ? {} : { method }),
    });
  const bare = (verb: string, path: string): Test =>
    request(app)
      [verb.toLowerCase() as 'get'](path)
      .set('Host', 'localhost:4000')
      .expect(({ status, headers, text }) => {
        contract.check({ method: verb, target: path, status, headers, text });
      });
  const call = (step: Step, credentials: Credentials, options: CallOptions = {}): Test => {
    const { verb = 'POST', transport = 'header' } = options;
    const proof = header(step, credentials, options);
    const pairs = formatPairs(parseAuthorization(proof));
    if (transport === 'query') return bare(verb, `/oauth/${step}?${pairs}`);
    const plain = bare(verb, `/oauth/${step}`);
    return transport === 'header'
      ? plain.set('Authorization', proof)
      : plain.set('Content-Type', FORM_TYPE).send(pairs);
  };
  return {
    ...pages,
    app,
    clock,
    header,
    bare,
    call,
    /** An app with an address to lead back to. */
    desktop: await clients.add('Desktop', { callback: CALLBACK }),
    /** An app without one, and one of the house that may take passwords. */
    script: await clients.add('Script'),
    house: await clients.add('House', { firstParty: true }),
    /** The first step, by whichever way works. */
    async ask(client: ClientWithSecret, callback = 'oob'): Promise<Issued> {
      const { text } = await call('request_token', client, { protocol: [['oauth_callback', callback]] }).expect(200);
      const fields = new Map(parsePairs(text));
      return { token: fields.get('oauth_token') ?? '', tokenSecret: fields.get('oauth_token_secret') ?? '' };
    },
  };
}

/** The address of the page on which a person decides. */
export function pageFor({ token }: Pick<Issued, 'token'>): string {
  return `/oauth/authorize?oauth_token=${token}`;
}

/** Opens the page and answers with its form. */
export function answer(browser: Browser, issued: Pick<Issued, 'token'>, fields: object = { permission: 'allow' }) {
  const page = pageFor(issued);
  return submit(browser, page, page, fields);
}
