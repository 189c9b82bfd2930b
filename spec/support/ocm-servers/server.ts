import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { request as send } from 'undici';
import { ScriptedDav } from '../scripted-peers/webdav/index.js';
import { BorrowedRoot } from './borrowed.js';
import { find, type Found } from './finding.js';
import { wording, type Answered, type Gift, type GivenShare } from './giving.js';
import { idOf, placeOf, ZOE } from './people.js';
import type { NoticeKind, OcmProfile, ScriptedAnswer } from './profile.js';
import { OCM_PROFILES, type OcmProfileName } from './profiles.js';
import { checkSigner } from './signed.js';
import { draftHeaders, makeKeys, messageHeaders, publishedRsa, publishedSet, type ServerKeys } from './signatures.js';
import { judge, type TakenShare } from './taking.js';

/** One request that came, without those for files. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly status: number;
}

/**
 * An OCM server of another make in this process, over real HTTP, with the manners of one of {@link OCM_PROFILES}: code that
 * shares nothing with ours. One person lives there, Zoe. What it sends and takes, and how it signs, opens and serves, is data.
 */
export class OcmServer {
  readonly profile: OcmProfile;
  /** `HOST:PORT` */
  readonly host: string;
  readonly url: string;
  readonly taken: TakenShare[] = [];
  readonly given: GivenShare[] = [];
  readonly heard: Heard[] = [];
  /** End points that its operator wrote down, by their hosts. */
  readonly entries = new Map<string, string>();
  /** People elsewhere whom Zoe has met, as `id@host`. */
  readonly contacts = new Set<string>();
  /** While true, connections break without an answer. */
  isAway = false;
  readonly #now: () => number;
  readonly #keys: ServerKeys | undefined;
  readonly #server;
  readonly #signers = new Set<string>();
  readonly #invites = new Set<string>();
  #lastId = 0;

  private constructor(profile: OcmProfile, server: ReturnType<typeof createServer>, now: () => number) {
    this.profile = profile;
    this.#now = now;
    this.#server = server;
    this.host = `localhost:${String((server.address() as AddressInfo).port)}`;
    this.url = `http://${this.host}`;
    this.#keys = profile.signatures.makes === 'none' ? undefined : makeKeys();
    server.on('request', (request, response) => void this.#take(request, response));
  }

  /** Opens one on loopback. `now`: milliseconds. */
  static async open(name: OcmProfileName, now: () => number): Promise<OcmServer> {
    const server = createServer();
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return new OcmServer(OCM_PROFILES[name], server, now);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** What Zoe tells others, who want to share with her. */
  get address(): string {
    return `${idOf(this.profile, this.host)}@${this.profile.needsScheme ? this.url : this.host}`;
  }

  /** Zoe shares something; `answer` is what the other server said. */
  async give({ to, name, content, mayWrite = false, expiresAt }: Gift): Promise<GivenShare> {
    const number = String((this.#lastId += 1));
    const place = placeOf(this.profile, to);
    if (place === undefined) throw new Error(`${to} is no address`);
    const secret = randomBytes(16).toString('base64url').replace(/[-_]/g, 'x');
    const providerId = this.profile.people === 'login' ? number : `0a9d3c51-6a14-4d7e-8c53-00000000000${number}`;
    const { serves } = this.profile;
    const base = serves.byId ? `${serves.root}/${providerId}` : serves.root;
    const dav = ScriptedDav.within(this.url, { quirks: serves.quirks, now: this.#now, base });
    if (content !== undefined) dav.disk.write('/', Buffer.from(content));
    dav.mayWrite = mayWrite;
    const share: GivenShare = {
      providerId,
      secret,
      to,
      host: place.host,
      dav,
      expiresAt,
      state: 'sent',
      answer: undefined,
      token: undefined,
    };
    this.given.push(share);
    await this.#announce(share, name, content === undefined);
    return share;
  }

  async #announce(share: GivenShare, name: string, isFolder: boolean): Promise<void> {
    const { sending } = this.profile;
    share.answer = await this.post(share.to, 'shares', wording(this.profile, this.address, share, { name, isFolder }));
    const { status = 0 } = share.answer ?? {};
    if (status === 201 || (status === 200 && !sending.needs201)) return;
    share.state = 'refused';
    if (!sending.needs201) return;
    // The older protocol, where any 2xx counts as told (seen of Nextcloud).
    const older = await this.#ask(`http://${share.host}/ocs/v2.php/cloud/shares?format=json`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ shareWith: share.to, token: share.secret, name, shareType: '6' }).toString(),
    });
    if (older !== undefined && older.status < 300) share.state = 'sent';
  }

  /** Zoe takes a share back. */
  async unshare(share: GivenShare): Promise<Answered | undefined> {
    share.state = 'unshared';
    return this.#notify('SHARE_UNSHARED', share.to, share, { message: 'file is no longer shared with you' });
  }

  /** Zoe lets somebody write, or no longer. */
  async permit(share: GivenShare, mayWrite: boolean): Promise<Answered | undefined> {
    share.dav.mayWrite = mayWrite;
    const webdav = { permissions: mayWrite ? ['read', 'write'] : ['read'] };
    return this.#notify('SHARE_CHANGE_PERMISSION', share.to, share, { protocol: { name: 'multi', webdav } });
  }

  /** Zoe says yes. */
  async accept(share: TakenShare): Promise<Answered | undefined> {
    share.state = 'accepted';
    return this.#notify('SHARE_ACCEPTED', this.#back(share), share, { message: 'Recipient accept the share' });
  }

  /** Zoe says no, or throws away what she had accepted. */
  async decline(share: TakenShare): Promise<Answered | undefined> {
    share.state = share.state === 'pending' ? 'declined' : 'gone';
    return this.#notify('SHARE_DECLINED', this.#back(share), share, { message: 'Recipient declined the share' });
  }

  /** What was shared with Zoe, as her server opens it. */
  async open(share: TakenShare): Promise<BorrowedRoot> {
    const { owner, address } = share;
    const isNamed = this.profile.opens.at === 'address' && address !== undefined;
    const isWhole = isNamed && URL.canParse(address);
    const found = isWhole ? undefined : await this.find(owner.host, owner.scheme);
    const root = `${owner.scheme}://${owner.host}${found?.webdav ?? '/public.php/webdav/'}`;
    return new BorrowedRoot(this.profile, share, isNamed ? (isWhole ? address : `${root}/${address}`) : root);
  }

  /** Zoe has met somebody elsewhere. */
  befriend(address: string): void {
    this.contacts.add(this.#folded(address));
  }

  /** Hosts that are named twice are named once; schemes say nothing about people. */
  #folded(address: string): string {
    const { id = '', host = '' } = placeOf(this.profile, address) ?? {};
    return `${id.replace(new RegExp(`@(?:https?://)?${host}$`), '')}@${host}`;
  }

  /** Zoe makes an invitation; answers its string. */
  invite(): string {
    const token = randomBytes(16).toString('hex');
    this.#invites.add(token);
    return Buffer.from(`${token}@${this.url}`).toString('base64');
  }

  /** Zoe takes an invitation that somebody elsewhere gave her. */
  async meet(invitation: string): Promise<Answered | undefined> {
    const [token = '', at = ''] = Buffer.from(invitation, 'base64').toString().split('@');
    const host = at.replace(/^https?:\/\//, '');
    const id = idOf(this.profile, this.host);
    const answer = await this.post(`x@http://${host}`, 'invite-accepted', {
      recipientProvider: this.url,
      token,
      userID: id,
      userId: id,
      email: ZOE.email,
      name: ZOE.name,
    });
    const known = answer?.status === 200 ? (JSON.parse(answer.text) as { userID: string }) : undefined;
    if (known !== undefined) this.befriend(`${known.userID}@${host}`);
    return answer;
  }

  /** Sends JSON to the server of an address, signed in the manner of this one; undefined when it is not found. */
  async post(to: string, path: string, body: object): Promise<Answered | undefined> {
    const place = placeOf(this.profile, to);
    const found = place && (await this.find(place.host, place.scheme));
    if (found === undefined) return undefined;
    const text = Buffer.from(JSON.stringify(body));
    const url = new URL(`${found.endPoint}/${path}`);
    const message = { method: 'POST', host: url.host, path: url.pathname, headers: {}, body: text };
    return this.#ask(url.href, { headers: this.#signed(message, found), body: text });
  }

  #signed(message: Parameters<typeof draftHeaders>[0], { speaksRfc }: Found): Record<string, string> {
    const { makes } = this.profile.signatures;
    const plain = { 'content-type': 'application/json', 'user-agent': this.profile.finding.userAgent };
    if (this.#keys === undefined) return plain;
    const sign = makes === 'rfc9421' && speaksRfc ? messageHeaders : draftHeaders;
    return { ...plain, ...sign(message, this.#keys, this.host, this.#now()) };
  }

  async #ask(url: string, { headers, body }: { headers: Record<string, string>; body: Buffer | string }) {
    try {
      const { statusCode: status, body: content } = await send(url, { method: 'POST', headers, body });
      return { status, text: await content.text() } satisfies Answered;
    } catch {
      return undefined;
    }
  }

  /** What another server says of itself, as this one sees it. */
  async find(host: string, scheme: 'http' | 'https'): Promise<Found | undefined> {
    return find(this.profile, `${scheme}://${host}`, this.entries.get(host));
  }

  async #notify(
    kind: NoticeKind,
    to: string,
    { providerId, secret }: { readonly providerId: string; readonly secret: string },
    more: object,
  ): Promise<Answered | undefined> {
    const { sends, needs } = this.profile.notices;
    if (!sends.includes(kind)) return undefined;
    const proof = needs === 'grantee' ? { grantee: to } : { sharedSecret: secret };
    const body = { notificationType: kind, resourceType: 'file', providerId, notification: { ...proof, ...more } };
    return this.post(to, 'notifications', body);
  }

  #back({ owner }: TakenShare): string {
    return `${owner.id}@${owner.scheme}://${owner.host}`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (this.isAway) return void request.socket.destroy();
    const { pathname: path } = new URL(request.url ?? '/', this.url);
    if (path === this.profile.serves.root || path.startsWith(`${this.profile.serves.root}/`)) {
      return this.#serve(request, response, path);
    }
    const body = await buffer(request);
    const { method = '', headers } = request;
    const { status, body: content } = await this.#answer(method, path, headers, body);
    this.heard.push({ method, path, headers, body: body.toString(), status });
    const isPage = typeof content === 'string';
    const text = isPage ? content : JSON.stringify(content);
    response.writeHead(status, { 'content-type': isPage ? 'text/html' : 'application/json', connection: 'close' });
    response.end(text);
  }

  async #serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { serves } = this.profile;
    const share = this.given.find((each) => this.#opens(each, path, request.headers.authorization));
    // A lone dot in a path means nothing (open-cloud-mesh.md 8).
    request.url = request.url?.replace(/\/\.(?=\/|$)/g, '');
    const { destination } = request.headers;
    if (typeof destination === 'string') request.headers['destination'] = destination.replace(/\/\.(?=\/|$)/g, '');
    if (share !== undefined) return share.dav.take(request, response);
    request.resume();
    response.writeHead(serves.closed, { 'www-authenticate': 'Basic realm="there"', 'content-length': 0 }).end();
  }

  #opens(share: GivenShare, path: string, authorization = ''): boolean {
    const { serves } = this.profile;
    if (!this.#isLive(share)) return false;
    if (serves.byId && !`${path}/`.startsWith(`${serves.root}/${share.providerId}/`)) return false;
    const [kind = '', value = ''] = authorization.split(' ');
    const key = serves.exchanges ? share.token : share.secret;
    if (kind === 'Bearer') return serves.with.includes('bearer') && value === key;
    // Any password will do (seen of Nextcloud).
    const [user] = Buffer.from(value, 'base64').toString().split(':');
    return kind === 'Basic' && serves.with.includes('basic') && user === key;
  }

  async #answer(method: string, path: string, headers: Heard['headers'], body: Buffer): Promise<ScriptedAnswer> {
    const { documentAt, invites } = this.profile;
    if (method === 'GET' && path in documentAt) return this.#document(documentAt[path as keyof typeof documentAt]);
    if (method === 'GET' && path === '/ocm/jwks.json') return { status: 200, body: this.#set() };
    if (method === 'GET' && path === '/.well-known/jwks.json') return { status: 200, body: this.#set() };
    if (method === 'GET' && path === '/status.php') {
      return { status: 200, body: { installed: true, maintenance: false, version: '32.0.1.2' } };
    }
    if (path === '/ocm/token' && this.profile.serves.exchanges)
      return this.#exchanged(new URLSearchParams(body.toString()));
    const name = path.slice(new URL(this.endPoint).pathname.length).replace(/^\//, '');
    if (method !== 'POST' || !['shares', 'notifications', 'invite-accepted'].includes(name)) return NOT_FOUND;
    const message = { method, path, host: this.host, headers, body };
    const json = readJson(body);
    if (json === undefined) return { status: 400, body: { message: 'Missing arguments', validationErrors: [] } };
    if (name === 'invite-accepted') return invites === undefined ? NOT_FOUND : this.#met(json, invites);
    const partner = this.#partner(json);
    const fault = await checkSigner(this.profile, message, { partner, signers: this.#signers, now: this.#now() });
    return fault ?? (name === 'shares' ? this.#offered(json) : this.#told(json));
  }

  /** A secret is changed for a token; the one before opens nothing any more (open-cloud-mesh.md 9). */
  #exchanged(form: URLSearchParams): ScriptedAnswer {
    const share = this.given.find(({ secret }) => secret === form.get('code'));
    if (form.get('grant_type') !== 'authorization_code')
      return { status: 400, body: { error: 'unsupported_grant_type' } };
    if (share === undefined || !this.#isLive(share)) return { status: 400, body: { error: 'invalid_grant' } };
    share.token = randomBytes(16).toString('hex');
    return { status: 200, body: { access_token: share.token, token_type: 'Bearer', expires_in: 300 } };
  }

  #isLive({ state, expiresAt }: GivenShare): boolean {
    return (state === 'sent' || state === 'accepted') && (expiresAt === undefined || expiresAt > this.#now());
  }

  /** Where it takes messages, as it says. */
  get endPoint(): string {
    return String(this.profile.document['endPoint']).replace('HOST', this.host).replace(/\/$/, '');
  }

  #document(how: 'json' | 'page' | 404): ScriptedAnswer {
    if (how === 404) return { status: 404, body: { message: 'ocm not supported' } };
    if (how === 'page') return { status: 200, body: '<!DOCTYPE html><html><body>Sign in</body></html>' };
    const text = JSON.stringify(this.profile.document).replaceAll('HOST', this.host);
    const document = JSON.parse(text) as Record<string, unknown>;
    const key = this.#keys && publishedRsa(this.#keys, this.host);
    return { status: 200, body: document['publicKey'] === 'KEY' ? { ...document, publicKey: key } : document };
  }

  #set(): object {
    return this.#keys === undefined ? { keys: [] } : publishedSet(this.#keys, this.host);
  }

  /** The host that has to have signed a message: that of the owner, or of the other side of the share that it names. */
  #partner(json: Message): string | undefined {
    if (json.owner !== undefined) return placeOf(this.profile, json.owner)?.host;
    return this.#shareNamed(json)?.host;
  }

  #offered(json: Message): ScriptedAnswer {
    const { taking } = this.profile;
    const found = judge(this.profile, json, {
      host: this.host,
      mayTalk: (host) => this.entries.has(host),
      hasMet: (address) => this.contacts.has(this.#folded(address)),
    });
    if ('status' in found) return found;
    this.taken.push(found);
    return taking.done;
  }

  #shareNamed(
    json: Message,
  ): { readonly host: string; readonly end: (kind: string) => void; secret: string } | undefined {
    const id = String(json.providerId);
    const given = this.given.findLast((each) => each.providerId === id && each.state !== 'refused');
    if (given !== undefined && json.notificationType !== 'SHARE_UNSHARED') {
      const end = (kind: string): void => void (given.state = kind === 'SHARE_ACCEPTED' ? 'accepted' : 'declined');
      return this.#isLive(given) ? { host: given.host, secret: given.secret, end } : undefined;
    }
    const taken = this.taken.findLast((each) => each.providerId === id);
    if (taken === undefined || taken.state === 'gone' || taken.state === 'declined') return undefined;
    return { host: taken.owner.host, secret: taken.secret, end: () => void (taken.state = 'gone') };
  }

  #told(json: Message): ScriptedAnswer {
    const { notices, taking } = this.profile;
    const { notificationType: kind, resourceType, providerId, notification } = json;
    if (kind === undefined || resourceType === undefined || providerId === undefined || notification === undefined) {
      return taking.refuses.missing;
    }
    if (!notices.acts.some((each) => each === kind)) {
      return notices.unknown === 'logged'
        ? notices.done
        : {
            status: 400,
            body: { message: 'RESOURCE_NOT_FOUND', validationErrors: [{ name: kind, message: 'NOT_FOUND' }] },
          };
    }
    const share = this.#shareNamed(json);
    if (share === undefined) return notices.gone;
    if (notices.needs === 'secret' && notification['sharedSecret'] !== share.secret) return notices.wrong;
    if (notices.needs === 'grantee' && notification['grantee'] === undefined) return notices.wrong;
    if (kind === 'SHARE_CHANGE_PERMISSION') this.#permitted(json);
    else share.end(kind);
    return notices.done;
  }

  /** Its protocol replaces that of the offer (open-cloud-mesh.md 6). */
  #permitted({ providerId, notification }: Message): void {
    const share = this.taken.findLast((each) => each.providerId === String(providerId));
    const { webdav } = (notification?.['protocol'] ?? {}) as { webdav?: { permissions?: unknown; uri?: unknown } };
    const { permissions, uri } = webdav ?? {};
    if (share !== undefined && Array.isArray(permissions) && uri === share.address)
      share.permissions = permissions.map(String);
  }

  #met(json: Message, { needs, otherwise }: NonNullable<OcmProfile['invites']>): ScriptedAnswer {
    const { userID, userId, token = '', recipientProvider } = json;
    const id = needs === 'userId' ? userId : needs === 'userID' ? userID : (userID ?? userId);
    if (id === undefined || recipientProvider === undefined) return otherwise;
    if (!this.#invites.delete(token)) {
      return { status: 400, body: { message: 'Invalid or non existing token', error: true } };
    }
    this.befriend(`${id}@${recipientProvider}`);
    return { status: 200, body: { userID: idOf(this.profile, this.host), email: ZOE.email, name: ZOE.name } };
  }
}

interface Message {
  readonly owner?: string;
  readonly notificationType?: string;
  readonly resourceType?: string;
  readonly providerId?: string | number;
  readonly notification?: Readonly<Record<string, unknown>>;
  readonly userID?: string;
  readonly userId?: string;
  readonly token?: string;
  readonly recipientProvider?: string;
}

const NOT_FOUND: ScriptedAnswer = { status: 404, body: { message: 'Page not found' } };

function readJson(body: Buffer): Message | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
