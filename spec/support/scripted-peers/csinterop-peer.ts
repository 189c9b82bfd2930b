import { randomUUID } from 'node:crypto';
import { type Pair } from './oauth.js';
import { changed, missingIn, OFFER_FIELDS, offerFields, readOffer } from './offer.js';
import { ScriptedPeer, type Addresses, type Invitation, type Said, type Sent } from './peer.js';
import { escapeHtml, form, formText, page, plain, redirect, ScriptedServer, valueOf } from './server.js';
import type { Call, Pairs, Reply } from './server.js';
import type { VendorStorage } from './storage.js';

/** The token that it gives everybody. */
export const CONSTANT_TOKEN = 'dummy-access-token';

/** What Django's middleware says to a form without its token. */
const CSRF = 'CSRF verification failed. Request aborted.';

/**
 * The public reference (REF): nothing is signed, nobody signs in, browsers carry everything, its states are written
 * over, every text but the empty one means yes, and nothing is stored behind its addresses.
 */
export class CsinteropPeer extends ScriptedPeer {
  readonly addresses: Addresses;
  readonly storage: VendorStorage | undefined = undefined;

  static async open({ now }: { now: () => number }): Promise<CsinteropPeer> {
    return new CsinteropPeer(await ScriptedServer.open(), now);
  }

  protected constructor(server: ScriptedServer, now: () => number) {
    super(server, now);
    const { url } = server;
    this.addresses = { shareUrl: `${url}/interop/share/`, credentialsUrl: `${url}/interop/credentials/` };
    // Django adds the slash where it can: to everything but a post.
    server.on('GET', '/interop/(?:share|credentials|result)', ({ url: asked }) =>
      redirect(301, `${asked.pathname}/${asked.search}`),
    );
    server.on('GET', '/interop/select/([-\\w]+)/', ({ parts }) => this.#select(parts[0] ?? ''));
    server.on('POST', '/interop/select/([-\\w]+)/', ({ parts }) => this.#chosen(parts[0] ?? ''));
    server.on('\\w+', '/interop/share/', (call) => this.takeShare(call));
    server.on('GET', '/interop/proposal/([-\\w]+)/', ({ parts }) => this.#ask(parts[0] ?? ''));
    server.on('POST', '/interop/proposal/([-\\w]+)/', (call) => this.#answer(call));
    server.on('GET', '/interop/result/', (call) => this.hearResult(call));
    server.on('\\w+', '/interop/credentials/', (call) => this.takeCredentials(call));
    server.on('GET', '/cloudspaces/share/', () => this.#everything());
  }

  /** The link is the share's own name: whoever learns one has the other. */
  invite(invitation: Invitation): { link: string; shareId: string } {
    const shareId = randomUUID();
    this.sent.set(shareId, { ...invitation, shareId, status: 'CREATED' });
    return { link: `${this.server.url}/interop/select/${shareId}/`, shareId };
  }

  /** What it makes a browser ask the other cloud, with some of the fields changed. */
  offerUrl(shareId: string, changes: Readonly<Record<string, string>> = {}): string {
    const share = this.mustHaveSent(shareId);
    const terms = { shareId, resourceUrl: this.resourceUrl(share), callback: this.callback };
    const fields = offerFields(
      { ...share, permission: this.permissionOf(share) },
      { ...terms, owner: 'Rene Reference', nameField: 'folder_name' },
    );
    const all: Pairs = [...changed(fields, changes), ['protocol_version', '1.0']];
    return `${this.neighbour.shareUrl}?${formText(all)}`;
  }

  /** What it makes a browser ask the other cloud to hand it the token. */
  grantUrl(shareId: string, token?: Pair): string {
    return `${this.neighbour.credentialsUrl}?${formText(this.grantFields(this.mustHaveSent(shareId), token))}`;
  }

  /** A browser would carry it; there is no other way. */
  async deliver(shareId: string, token?: Pair): Promise<Said> {
    return this.get(this.neighbour.credentialsUrl, this.grantFields(this.mustHaveSent(shareId), token));
  }

  /** It has no word for it: the row goes, and with it whatever the token opened. */
  end(shareId: string): Promise<boolean> {
    this.mustHaveSent(shareId).status = 'ENDED';
    return Promise.resolve(false);
  }

  leave(shareId: string): Promise<boolean> {
    this.mustHaveReceived(shareId).status = 'ENDED';
    return Promise.resolve(false);
  }

  protected get callback(): string {
    return `${this.server.url}/interop/result/`;
  }

  /** Two strings are compared for being one object, which they never are. */
  protected permissionOf(_share: Sent): 'read-only' | 'read-write' {
    return 'read-only';
  }

  protected grantFields({ shareId }: Sent, token: Pair = { key: CONSTANT_TOKEN, secret: '' }): Pairs {
    return [
      ['share_id', shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['oauth_access_token', token.key],
    ];
  }

  protected takeShare({ method, query }: Call): Reply {
    return this.letsIn(method) ? this.fileOffer(query) : plain(403, CSRF);
  }

  /** Only a GET gets past the middleware. */
  protected letsIn(method: string): boolean {
    return method === 'GET';
  }

  protected fileOffer(fields: Pairs): Reply {
    const missing = missingIn(fields, [...OFFER_FIELDS, 'protocol_version']);
    if (missing !== undefined) return plain(400, `${missing} is missing`);
    if (valueOf(fields, 'protocol_version') !== '1.0') return plain(400, 'Wrong protocol version. Must be 1.0.');
    const offered = readOffer(fields);
    if (this.received.has(offered.shareId) || this.sent.has(offered.shareId)) {
      throw new Error('duplicate key value violates unique constraint');
    }
    this.received.set(offered.shareId, offered);
    return redirect(302, `/interop/proposal/${offered.shareId}/`);
  }

  /** Whatever is not empty means yes; the state is not looked at. */
  protected hearResult({ query }: Call): Reply {
    const [shareId, accepted] = [valueOf(query, 'share_id'), valueOf(query, 'accepted')];
    if (shareId === undefined || accepted === undefined) return plain(400, 'Some parameters are missing');
    const share = this.mustHaveSent(shareId);
    share.status = accepted === '' ? 'DECLINED' : 'ACCEPTED';
    return accepted === '' ? plain(200, 'Proposal was denied') : redirect(302, this.grantUrl(shareId));
  }

  /** Whoever knows the name of a share may leave a token for it, whatever has become of it. */
  protected takeCredentials({ method, query }: Call): Reply {
    if (!this.letsIn(method)) return plain(403, CSRF);
    const missing = missingIn(query, ['share_id', 'auth_protocol', 'auth_protocol_version', ...this.tokenFields]);
    if (missing !== undefined) return plain(400, `${missing} is missing`);
    if (valueOf(query, 'auth_protocol') !== 'oauth' || valueOf(query, 'auth_protocol_version') !== '1.0a') {
      return plain(400, 'Authentication method not supported');
    }
    return this.storeGrant(valueOf(query, 'share_id') ?? '', query);
  }

  protected readonly tokenFields: readonly string[] = ['oauth_access_token'];

  protected storeGrant(shareId: string, query: Pairs): Reply {
    const share = this.received.get(shareId);
    if (share !== undefined) share.grant = { key: valueOf(query, 'oauth_access_token') ?? '' };
    return plain(200, 'Oauth parameters received and stored');
  }

  #select(key: string): Reply {
    const share = this.sent.get(key);
    if (share === undefined) return plain(404, 'Not found');
    if (share.status !== 'CREATED') return plain(400, 'Proposal status is not valid');
    return page(
      'Select your cloud',
      `<p>${escapeHtml(share.name)}</p>${form('', [], [], [['service', this.neighbour.name]])}`,
    );
  }

  #chosen(key: string): Reply {
    const share = this.mustHaveSent(key);
    if (share.status !== 'CREATED') return plain(400, 'Proposal status is not valid');
    share.status = 'SENT';
    return redirect(302, this.offerUrl(key));
  }

  /** Nobody is asked who they are. */
  #ask(key: string): Reply {
    const share = this.received.get(key);
    if (share === undefined) return plain(404, 'Not found');
    if (share.status !== 'PENDING') return plain(400, 'Proposal status is not valid');
    const answers: Pairs = [
      ['accept', 'yes'],
      ['decline', 'no'],
    ];
    return page('Proposal', `<p>${escapeHtml(share.folderName)}</p>${form('', [], [], answers)}`);
  }

  #answer({ parts, form: fields }: Call): Reply {
    const share = this.mustHaveReceived(parts[0] ?? '');
    if (share.status !== 'PENDING') return plain(400, 'Proposal status is not valid');
    const accepted = valueOf(fields, 'accept') !== undefined;
    share.status = accepted ? 'ACCEPTED' : 'DECLINED';
    // Put together as text, whatever the callback looks like already, and followed wherever it leads.
    return redirect(302, `${share.callback}?share_id=${share.shareId}&accepted=${accepted ? 'True' : 'False'}`);
  }

  /** The open collection of all proposals. */
  #everything(): Reply {
    const all = [...this.sent.values(), ...this.received.values()].map(({ shareId: key, ...rest }) => ({
      key,
      ...rest,
    }));
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(all) };
  }
}
