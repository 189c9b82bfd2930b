import { getGlobalDispatcher } from 'undici';
import type { OcmProfile } from './profile.js';
import type { TakenShare } from './taking.js';

/** The answer to a request for a folder of another cloud. */
export interface Borrowed {
  readonly status: number;
  readonly text: string;
}

/** One line of a listing. */
export interface BorrowedItem {
  /** From the root of the share; the root itself is ''. */
  readonly path: string;
  readonly isFolder: boolean;
  /** ownCloud's letters, which tell Nextcloud the permissions. */
  readonly letters: string | undefined;
  readonly tag: string | undefined;
}

type Sent = Readonly<{ method: string; headers?: Record<string, string>; body?: string }>;

const PROPERTIES = [
  '<d:getlastmodified/><d:getcontentlength/><d:getcontenttype/><d:resourcetype/><d:getetag/><d:quota-available-bytes/>',
  '<x:permissions/><x1:share-permissions/>',
].join('');

/**
 * The bodies of PROPFIND that Nextcloud and OpenCloud send; the latter asks for everything, without a namespace (seen
 * of both).
 */
const ASKED = {
  full: `<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop xmlns:x="http://owncloud.org/ns" xmlns:x1="http://open-collaboration-services.org/ns">${PROPERTIES}</d:prop></d:propfind>`,
  all: "<d:propfind xmlns:d='DAV:'><allprop/></d:propfind>",
};

/** A folder or file of another cloud, used as a server of this make uses it (open-cloud-mesh.md 8). */
export class BorrowedRoot {
  readonly #profile: OcmProfile;
  readonly #share: TakenShare;
  /** Without a slash at its end. */
  readonly #base: string;

  constructor(profile: OcmProfile, share: TakenShare, base: string) {
    this.#profile = profile;
    this.#share = share;
    this.#base = base.replace(/\/$/, '');
  }

  async list(path = ''): Promise<Borrowed & { items: readonly BorrowedItem[] }> {
    const { dot } = this.#profile.opens;
    const headers = { depth: '1', 'content-type': 'application/xml' };
    const answer = await this.#ask(path, { method: 'PROPFIND', headers, body: dot ? ASKED.all : ASKED.full });
    return { ...answer, items: answer.status === 207 ? this.#itemsIn(answer.text) : [] };
  }

  /** `range`: the value of the header. */
  async read(path: string, range?: string): Promise<Borrowed> {
    return this.#ask(path, { method: 'GET', headers: range === undefined ? {} : { range } });
  }

  async write(path: string, body: string): Promise<Borrowed> {
    return this.#ask(path, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body });
  }

  async makeFolder(path: string): Promise<Borrowed> {
    return this.#ask(path, { method: 'MKCOL' });
  }

  async remove(path: string): Promise<Borrowed> {
    return this.#ask(path, { method: 'DELETE' });
  }

  async rename(path: string, to: string): Promise<Borrowed> {
    return this.#ask(path, { method: 'MOVE', headers: { destination: this.#url(to) } });
  }

  async #ask(path: string, sent: Sent): Promise<Borrowed> {
    let answer: Borrowed = { status: 401, text: '' };
    for (const authorization of this.#keys()) {
      const headers = { 'user-agent': this.#profile.finding.userAgent, ...sent.headers, authorization };
      const { origin, path: asked } = this.#place(path === '' && sent.method === 'GET' ? this.#itself : path);
      // Paths are sent as they are: `URL` would remove the dots.
      const { statusCode, body: content } = await getGlobalDispatcher().request({
        origin,
        path: asked,
        method: sent.method,
        headers,
        ...(sent.body !== undefined && { body: sent.body }),
      });
      answer = { status: statusCode, text: await content.text() };
      if (answer.status !== 401) break;
    }
    if (this.#profile.opens.dropsOn.includes(answer.status) && sent.method === 'PROPFIND') this.#share.state = 'gone';
    return answer;
  }

  #keys(): string[] {
    const { with: way, padsPassword } = this.#profile.opens;
    const { secret } = this.#share;
    const basic = `Basic ${Buffer.from(`${secret}:${padsPassword ? '::' : ''}`).toString('base64')}`;
    const all = { basic: [basic], bearer: [`Bearer ${secret}`], 'bearer, then basic': [`Bearer ${secret}`, basic] };
    return all[way];
  }

  get #isNamed(): boolean {
    return this.#profile.opens.at === 'address' && this.#share.address !== undefined;
  }

  /** A share of a single file: servers that know its address read it by its name (open-cloud-mesh.md 8). */
  get #itself(): string {
    return this.#isNamed ? this.#share.name : '';
  }

  #url(path: string): string {
    const rest = path.split('/').map(encodeURIComponent).join('/');
    const isDotted = this.#profile.opens.dot && this.#isNamed;
    return `${this.#base}/${isDotted ? (rest === '' ? '.' : `./${rest}`) : rest}`;
  }

  #place(path: string): { origin: string; path: string } {
    const { origin } = new URL(this.#base);
    return { origin, path: this.#url(path).slice(origin.length) };
  }

  #itemsIn(text: string): BorrowedItem[] {
    const root = new URL(`${this.#base}/`).pathname;
    return [...text.matchAll(/<(?:\w+:)?response\b[^>]*>([\s\S]*?)<\/(?:\w+:)?response>/g)].map(([, part = '']) => {
      const href = /<(?:\w+:)?href>([^<]*)</.exec(part)?.[1] ?? '';
      const whole = decodeURIComponent(new URL(href, this.#base).pathname);
      return {
        path: whole.slice(root.length).replace(/\/$/, ''),
        isFolder: /<(?:\w+:)?collection\b/.test(part),
        letters: /permissions>([A-Z]*)</.exec(part)?.[1],
        tag: /getetag>([^<]*)</.exec(part)?.[1],
      };
    });
  }
}
