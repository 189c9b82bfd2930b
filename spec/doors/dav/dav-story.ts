import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { elementsIn, readXml, textOf, type XmlElement } from '../../../src/webdav/index.js';
import { ROOT_ID, type ItemId } from '../../../src/kernel/index.js';
import type { Log } from '../../../src/platform/index.js';
import { enter, openStory, type Actor, type Story } from '../../journeys/support/story.js';
import type { Settings } from '../../support/open-pair.js';
import { CLEO } from '../../support/seeds.js';

/** Where answers of the door are read from. */
export interface DavAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** What is sent beside method and path. */
export interface DavWish {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sent without a length. */
  readonly chunks?: readonly (string | Buffer)[];
}

/** A person's program that speaks WebDAV, over raw paths: nothing is escaped or taken out on the way. */
export class DavProgram {
  readonly url: string;
  readonly authorization: string | undefined;

  constructor(url: string, authorization: string | undefined) {
    this.url = url;
    this.authorization = authorization;
  }

  /** The same address, with other credentials or none. */
  as(authorization: string | undefined): DavProgram {
    return new DavProgram(this.url, authorization);
  }

  async call(method: string, path: string, { headers = {}, body, chunks }: DavWish = {}): Promise<DavAnswer> {
    const { hostname, port } = new URL(this.url);
    const authorization = this.authorization === undefined ? {} : { authorization: this.authorization };
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { hostname, port, method, path, headers: { ...authorization, ...headers } },
        (answer) => {
          buffer(answer).then((bytes) => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes, text: bytes.toString() });
          }, reject);
        },
      );
      sent.on('error', reject);
      for (const chunk of chunks ?? []) sent.write(chunk);
      if (body !== undefined) sent.setHeader('Content-Length', Buffer.byteLength(body));
      sent.end(body);
    });
  }

  async put(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<DavAnswer> {
    return this.call('PUT', path, { body, headers });
  }

  /** What a PROPFIND tells, by the address of each resource. */
  async find(path: string, depth: '0' | '1' = '0', body = ''): Promise<ReadonlyMap<string, Told>> {
    const answer = await this.call('PROPFIND', path, { headers: { depth }, ...(body === '' ? {} : { body }) });
    if (answer.status !== 207) throw new Error(`PROPFIND ${path}: ${String(answer.status)} ${answer.text}`);
    return told(answer.text);
  }

  /** One property of one resource. */
  async property(path: string, name: string): Promise<Value | undefined> {
    const [only] = [...(await this.find(path, '0', propsOf(name))).values()];
    return only?.get(name.includes(':') ? name : `d:${name}`);
  }

  /** The tag of a resource. */
  async tag(path: string): Promise<string> {
    return (await this.property(path, 'getetag'))?.text ?? '';
  }
}

/** A value of a property, and the status that it was told with. */
export interface Value {
  readonly status: number;
  readonly text: string;
  readonly element: XmlElement;
}

/** Properties by their names with the usual prefixes. */
export type Told = ReadonlyMap<string, Value>;

const PREFIXES: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
};

/** The body of a PROPFIND that asks for these, each with the usual prefix or none for WebDAV's own. */
export function propsOf(...names: string[]): string {
  const asked = names.map((name) => `<${name.includes(':') ? name : `d:${name}`}/>`).join('');
  const spaces = Object.entries(PREFIXES).map(([uri, prefix]) => `xmlns:${prefix}="${uri}"`);
  return `<d:propfind ${spaces.join(' ')} xmlns:x="urn:x"><d:prop>${asked}</d:prop></d:propfind>`;
}

/** The elements of a document, read by the door's own reader, which takes nothing that is not well-formed. */
export async function xmlOf(text: string): Promise<XmlElement> {
  const root = await readXml(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
  if (root === undefined) throw new Error('an empty document');
  return root;
}

/** What a multistatus tells, by address. */
export async function told(text: string): Promise<ReadonlyMap<string, Told>> {
  const found = new Map<string, Told>();
  for (const response of elementsIn(await xmlOf(text))) {
    const href = elementsIn(response).find(({ name }) => name === 'href');
    const values = new Map<string, Value>();
    for (const propstat of elementsIn(response).filter(({ name }) => name === 'propstat')) {
      const status = Number(textOf(inside(propstat, 'status')).split(' ')[1]);
      for (const element of elementsIn(inside(propstat, 'prop'))) {
        const prefix = PREFIXES[element.namespace] ?? element.namespace;
        values.set(`${prefix}:${element.name}`, { status, element, text: textOf(element) });
      }
    }
    found.set(href === undefined ? '' : textOf(href), values);
  }
  return found;
}

function inside(element: XmlElement, name: string): XmlElement {
  const found = elementsIn(element).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${element.name}`);
  return found;
}

/** The value of `Authorization` for Basic. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Two clouds, their people, and a WebDAV program of each. */
export interface DavStory extends Story {
  readonly cleo: Actor;
  readonly anaDav: DavProgram;
  readonly boDav: DavProgram;
  readonly cleoDav: DavProgram;
  /** Shares a folder of Ana's with Cleo, who lives at the same cloud. */
  shareWithCleo(name: string, permission: 'read-only' | 'read-write'): Promise<void>;
}

/** Opens a story in which everybody has a program; over plain http, as in a trial. */
export async function openDavStory(settings: Settings = {}, log?: Log): Promise<DavStory> {
  const story = await openStory(() => Promise.resolve({ FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true', ...settings }), log);
  const cleo = await enter(story, CLEO, story.alder);
  const program = async ({ at, accountId, email }: Actor): Promise<DavProgram> => {
    const { password } = await at.services.apps.appPasswords.add(accountId, 'WebDAV');
    return new DavProgram(at.url, basic(email, password));
  };
  return Object.assign(story, {
    cleo,
    anaDav: await program(story.ana),
    boDav: await program(story.bo),
    cleoDav: await program(cleo),
    async shareWithCleo(name: string, permission: 'read-only' | 'read-write') {
      const { services } = story.alder;
      const principal = { kind: 'person', accountId: story.ana.accountId } as const;
      const folder = await services.files.tree.find(principal, ROOT_ID, [name]);
      const id: ItemId = folder?.id ?? ROOT_ID;
      const { email } = cleo;
      await services.agreements.sharing.share(story.ana.accountId, id, { addresses: [email], permission, again: {} });
    },
  });
}
