import { randomUUID } from 'node:crypto';
import { CsinteropPeer } from './csinterop-peer.js';
import type { Pair } from './oauth.js';
import type { Addresses, Sent } from './peer.js';
import { plain, ScriptedServer, valueOf, type Call, type Pairs, type Reply } from './server.js';
import { VendorStorage } from './storage.js';

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The reference as it was once wired to real storage (INT): posts are let in, every share is for writing, tokens come
 * with their secret, one for all shares of a recipient, and an account is made before anybody looks at the answer.
 */
export class StacksyncPeer extends CsinteropPeer {
  override readonly addresses: Addresses;
  override readonly storage: VendorStorage;
  /** The shadow accounts that it made, by address. */
  readonly shadows: string[] = [];
  readonly #files: ScriptedServer;
  readonly #tokens = new Map<string, Pair>();
  protected override readonly tokenFields = ['oauth_access_token', 'oauth_access_token_secret'];

  static override async open({ now }: { now: () => number }): Promise<StacksyncPeer> {
    return new StacksyncPeer(await ScriptedServer.open(), await ScriptedServer.open(), now);
  }

  /** Its storage listens on a port of its own. */
  private constructor(server: ScriptedServer, files: ScriptedServer, now: () => number) {
    super(server, now);
    this.#files = files;
    this.storage = new VendorStorage(files, { base: '/v1/', manner: 'deployed', now });
    const { url } = server;
    this.addresses = {
      shareUrl: `${url}/interop/share/`,
      credentialsUrl: `${url}/interop/credentials/`,
      storageBase: `${files.url}/v1/`,
    };
  }

  /** The workspace goes, its token with it: but there is one token for everything that a recipient was given. */
  override end(shareId: string): Promise<boolean> {
    const { recipient } = this.mustHaveSent(shareId);
    this.storage.revoke(this.#tokens.get(recipient)?.key ?? '');
    this.#tokens.delete(recipient);
    return super.end(shareId);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#files.close();
  }

  /** Written without its slash. */
  protected override get callback(): string {
    return `${this.server.url}/interop/result`;
  }

  /** Written into the code. */
  protected override permissionOf(): 'read-write' {
    return 'read-write';
  }

  protected override grantFields(share: Sent, token: Pair = this.#tokenFor(share)): Pairs {
    return [...super.grantFields(share, token), ['oauth_access_token_secret', token.secret]];
  }

  protected override takeShare({ method, query, form }: Call): Reply {
    if (method !== 'GET' && method !== 'POST')
      throw new Error("local variable 'share_id' referenced before assignment");
    return this.fileOffer(method === 'GET' ? query : form);
  }

  /** The check was taken out, so that posts work. */
  protected override letsIn(): boolean {
    return true;
  }

  protected override hearResult(call: Call): Reply {
    const shareId = valueOf(call.query, 'share_id') ?? '';
    if (!UUID.test(shareId)) throw new Error('badly formed hexadecimal UUID string');
    const share = this.sent.get(shareId);
    if (share === undefined) return plain(404, 'Not found');
    if (share.status === 'CREATED') throw new Error("'NoneType' object has no attribute 'endpoint_credentials'");
    this.#tokenFor(share);
    return super.hearResult(call);
  }

  protected override storeGrant(shareId: string, query: Pairs): Reply {
    const share = this.received.get(shareId);
    if (share === undefined) return plain(404, 'Not found');
    if (share.grant !== undefined) throw new Error('duplicate key value violates unique constraint');
    const [key = '', secret = ''] = this.tokenFields.map((name) => valueOf(query, name));
    share.grant = { key, secret };
    return plain(200, 'Oauth parameters received and stored');
  }

  /** The first share makes an account and a token for its recipient; the later ones are added to that token. */
  #tokenFor(share: Sent): Pair {
    const known = this.#tokens.get(share.recipient);
    const token = known ?? this.storage.grant(share.item, true, { key: uuidWord(), secret: uuidWord() });
    if (known === undefined) this.shadows.push(share.recipient);
    this.storage.widen(token.key, share.item);
    this.#tokens.set(share.recipient, token);
    share.token = token;
    return token;
  }
}

const uuidWord = (): string => randomUUID().replaceAll('-', '');
