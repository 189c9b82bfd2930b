import { randomBytes } from 'node:crypto';
import { isSignedBy, signedUrl, type Pair } from './oauth.js';
import { changed, missingIn, OFFER_FIELDS, offerFields, readOffer } from './offer.js';
import { ScriptedPeer, type Addresses, type Invitation, type Received, type Said, type Sent } from './peer.js';
import { escapeHtml, form, page, plain, redirect, ScriptedServer, valueOf } from './server.js';
import type { Call, Pairs, Reply } from './server.js';
import { VendorStorage } from './storage.js';

/** How the vendor read the text where it leaves a choice. */
export interface SpecPeerOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Default: yes. */
  readonly signs?: boolean;
}

/**
 * The protocol's text as a careful vendor would do it: form posts from server to server, signed; no version, since there
 * is only one; a callback with a query of its own; people sign in before they answer.
 */
export class SpecPeer extends ScriptedPeer {
  readonly addresses: Addresses;
  readonly storage: VendorStorage;
  readonly #signs: boolean;
  readonly #answers = new Map<string, string>();

  static async open(options: SpecPeerOptions): Promise<SpecPeer> {
    return new SpecPeer(await ScriptedServer.open(), options);
  }

  private constructor(server: ScriptedServer, { now, signs = true }: SpecPeerOptions) {
    super(server, now);
    const { url } = server;
    this.#signs = signs;
    this.storage = new VendorStorage(server, { base: '/cloud/v1/', manner: 'documented', now });
    this.addresses = {
      shareUrl: `${url}/sharing/proposals`,
      credentialsUrl: `${url}/sharing/credentials`,
      unshareUrl: `${url}/sharing/end`,
      storageBase: `${url}/cloud/v1/`,
    };
    server.on('GET', '/invitation/(\\w+)', () => page('An invitation', form('', [], [], [['go', 'Continue']])));
    server.on('POST', '/invitation/(\\w+)', ({ parts }) => this.#propose(parts[0] ?? ''));
    server.on('GET', '/sharing/answer/(\\w+)', (call) => this.#hear(call));
    server.on('POST', '/sharing/proposals', (call) => this.#signed(call, () => this.#take(call)));
    server.on('GET', '/consent/(\\w+)', ({ parts }) => this.#ask(parts[0] ?? ''));
    server.on('POST', '/consent/(\\w+)', (call) => this.#answer(call));
    server.on('POST', '/sharing/credentials', (call) => this.#signed(call, () => this.#store(call)));
    server.on('POST', '/sharing/end', (call) => this.#signed(call, () => this.#ended(call)));
  }

  invite(invitation: Invitation): { link: string; shareId: string } {
    const shareId = randomBytes(12).toString('hex');
    this.sent.set(shareId, { ...invitation, shareId, status: 'CREATED' });
    this.#answers.set(randomBytes(16).toString('hex'), shareId);
    return { link: `${this.server.url}/invitation/${shareId}`, shareId };
  }

  /** Sends a proposal, with some of its fields changed. */
  async propose(shareId: string, changes: Readonly<Record<string, string>> = {}): Promise<Said> {
    const share = this.mustHaveSent(shareId);
    const said = await this.post(this.neighbour.shareUrl, changed(this.#fields(share), changes), this.#consumer);
    if (said.status === 303 || said.status === 302) share.status = 'SENT';
    return said;
  }

  async deliver(shareId: string, token?: Pair): Promise<Said> {
    const share = this.mustHaveSent(shareId);
    share.token ??= this.storage.grant(share.item, share.permission === 'read-write');
    const { key, secret } = token ?? share.token;
    const fields: Pairs = [
      ['share_id', shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['access_token_key', key],
      ['access_token_secret', secret],
    ];
    return this.post(this.neighbour.credentialsUrl, fields, this.#consumer);
  }

  async end(shareId: string): Promise<boolean> {
    const share = this.mustHaveSent(shareId);
    if (share.token !== undefined) this.storage.revoke(share.token.key);
    share.status = 'ENDED';
    return this.#tellEnd(shareId, 'revoked');
  }

  async leave(shareId: string): Promise<boolean> {
    const share = this.mustHaveReceived(shareId);
    delete share.grant;
    share.status = 'ENDED';
    return this.#tellEnd(shareId, 'left');
  }

  /** The address to which the other cloud sends the recipient's answer. */
  callbackOf(shareId: string): string {
    const token = [...this.#answers].find(([, known]) => known === shareId)?.[0] ?? '';
    return `${this.server.url}/sharing/answer/${token}?box=7&back=%2Fmine`;
  }

  async #tellEnd(shareId: string, reason: string): Promise<boolean> {
    const fields: Pairs = [
      ['share_id', shareId],
      ['reason', reason],
    ];
    return (await this.post(this.neighbour.unshareUrl, fields, this.#consumer)).status === 200;
  }

  get #consumer(): Pair | undefined {
    return this.#signs ? this.neighbour.issuedToUs : undefined;
  }

  /** The version is left out: there is only one. */
  #fields(share: Sent): Pairs {
    const { shareId } = share;
    const urls = { resourceUrl: this.resourceUrl(share), callback: this.callbackOf(shareId) };
    return offerFields(share, { ...urls, shareId, owner: 'Svea Spruce', nameField: 'folder_name' });
  }

  #signed(call: Call, answer: () => Reply): Reply {
    const isFine = !this.#signs || isSignedBy(call, { consumer: this.neighbour.issuedByUs });
    return isFine ? answer() : plain(401, 'Could not authorize request');
  }

  async #propose(shareId: string): Promise<Reply> {
    const { status, location = '', text } = await this.propose(shareId);
    if (status !== 302 && status !== 303) return page('Not taken', `The other cloud says: ${escapeHtml(text)}`, 502);
    const isTheirs = new URL(location).origin === new URL(this.neighbour.shareUrl).origin;
    return isTheirs ? redirect(303, location) : plain(502, 'The other cloud sends people elsewhere.');
  }

  async #hear(call: Call): Promise<Reply> {
    const share = this.sent.get(this.#answers.get(call.parts[0] ?? '') ?? '');
    if (share === undefined || valueOf(call.query, 'box') !== '7') return plain(404, 'Not found');
    if (this.#signs && !isSignedBy(call, { consumer: this.neighbour.issuedByUs })) return plain(401, 'Not signed');
    const accepted = valueOf(call.query, 'accepted') ?? '';
    if (valueOf(call.query, 'share_id') !== share.shareId) return plain(404, 'Not found');
    if (!/^(?:true|false)$/i.test(accepted)) return plain(400, 'accepted must be true or false');
    return this.#record(share, accepted.toLowerCase() === 'true');
  }

  async #record(share: Sent, accepted: boolean): Promise<Reply> {
    const now = accepted ? 'ACCEPTED' : 'DECLINED';
    if (share.status !== 'SENT' && share.status !== now) return plain(409, 'Decided otherwise');
    share.status = now;
    if (accepted) await this.deliver(share.shareId);
    return page('Thank you', accepted ? 'It is on its way.' : 'Declined.');
  }

  #take({ form: fields }: Call): Reply {
    const missing = missingIn(fields, OFFER_FIELDS);
    if (missing !== undefined) return plain(400, `${missing} is missing`);
    if ((valueOf(fields, 'protocol_version') ?? '1.0') !== '1.0')
      return plain(400, 'Wrong protocol version. Must be 1.0.');
    const offered = readOffer(fields);
    const known = this.received.get(offered.shareId);
    if (known !== undefined && known.status !== 'PENDING') return plain(409, 'Used before');
    this.received.set(offered.shareId, offered);
    return redirect(303, `${this.server.url}/consent/${Buffer.from(offered.shareId).toString('hex')}`);
  }

  #find(key: string): Received | undefined {
    return this.received.get(Buffer.from(key, 'hex').toString());
  }

  #ask(key: string): Reply {
    const share = this.#find(key);
    if (share === undefined) return plain(404, 'Not found');
    const { folderName, permission } = share;
    const answers: Pairs = [
      ['answer', 'accept'],
      ['answer', 'decline'],
    ];
    const words = `<p>${escapeHtml(folderName)}, ${escapeHtml(permission)}</p>`;
    return page('A folder for you', words + form('', [], ['email', 'password'], answers));
  }

  #answer({ parts, form: fields }: Call): Reply {
    const share = this.#find(parts[0] ?? '');
    if (share === undefined) return plain(404, 'Not found');
    const email = valueOf(fields, 'email')?.toLowerCase();
    if (email !== share.recipient.toLowerCase() || valueOf(fields, 'password') === '') return plain(403, 'Not yours');
    const now = valueOf(fields, 'answer') === 'accept' ? 'ACCEPTED' : 'DECLINED';
    if (share.status !== 'PENDING' && share.status !== now) return plain(409, 'Decided otherwise');
    share.status = now;
    return redirect(303, this.#callback(share).href);
  }

  #callback({ callback, shareId, status }: Received): URL {
    const url = new URL(callback);
    url.searchParams.append('share_id', shareId);
    url.searchParams.append('accepted', String(status === 'ACCEPTED'));
    const consumer = this.#consumer;
    return consumer === undefined
      ? url
      : signedUrl({ method: 'GET', url, time: Math.floor(this.now() / 1000) }, { consumer });
  }

  #store({ form: fields, query }: Call): Reply {
    const share = this.received.get(valueOf(fields, 'share_id') ?? '');
    const [key = '', secret = ''] = ['access_token_key', 'access_token_secret'].map((name) => valueOf(fields, name));
    if (query.length > 0 || key === '' || secret === '') return plain(400, 'access_token_key is missing');
    if (share === undefined) return plain(404, 'Not found');
    if (share.status !== 'ACCEPTED') return plain(409, 'Not accepted');
    if (share.grant !== undefined && share.grant.key !== key) return plain(409, 'Stored already');
    share.grant = { key, secret };
    return plain(200, 'Oauth parameters received and stored');
  }

  #ended({ form: fields }: Call): Reply {
    const shareId = valueOf(fields, 'share_id') ?? '';
    const [theirs, ours] = [this.received.get(shareId), this.sent.get(shareId)];
    if (theirs === undefined && ours === undefined) return plain(404, 'Not found');
    if (theirs !== undefined) {
      theirs.status = 'ENDED';
      delete theirs.grant;
    }
    if (ours !== undefined) {
      ours.status = 'ENDED';
      this.storage.revoke(ours.token?.key ?? '');
    }
    return plain(200, 'Ended');
  }
}
