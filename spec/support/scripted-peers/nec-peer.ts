import { randomUUID } from 'node:crypto';
import { parseGuid, printGuid, type GuidSpelling } from './guid.js';
import { isSignedBy, sign, signedUrl, type Pair } from './oauth.js';
import { changed, missingIn, OFFER_FIELDS, offerFields, readOffer } from './offer.js';
import { ScriptedPeer, type Addresses, type Invitation, type Received, type Said, type Sent } from './peer.js';
import { escapeHtml, form, page, plain, redirect, ScriptedServer, valueOf } from './server.js';
import type { Call, Pairs, Reply } from './server.js';
import { VendorStorage } from './storage.js';

/** How this installation was set up. */
export interface NecPeerOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Who carries its proposals; default: the browser. */
  readonly carrier?: 'browser' | 'server';
  /** Whether it signs and checks signatures; default: no. */
  readonly signs?: boolean;
  /** How it prints GUIDs; default: in capitals. */
  readonly spelling?: GuidSpelling;
}

const PROPOSAL = '/AdvancedFeatures/ExternalSharingProposal.aspx';

/** What this make calls the name of a folder or file. */
const NAME = 'resource_name';

/** A .NET storage (NEC): pages take proposals and render consent at once, ids are GUIDs, files are shared too. */
export class NecPeer extends ScriptedPeer {
  readonly addresses: Addresses;
  readonly storage: VendorStorage;
  readonly #options: Required<NecPeerOptions>;

  static async open(options: NecPeerOptions): Promise<NecPeer> {
    return new NecPeer(await ScriptedServer.open(), options);
  }

  private constructor(server: ScriptedServer, options: NecPeerOptions) {
    super(server, options.now);
    const { url } = server;
    this.#options = { carrier: 'browser', signs: false, spelling: 'upper', ...options };
    this.storage = new VendorStorage(server, { base: '/api/cloudspaces/', manner: 'documented', now: options.now });
    this.addresses = {
      shareUrl: url + PROPOSAL,
      credentialsUrl: `${url}/Files.aspx`,
      storageBase: `${url}/api/cloudspaces/`,
    };
    server.on('GET', '/Share.aspx', ({ query }) => this.#invitation(valueOf(query, 'id') ?? ''));
    server.on('POST', '/Share.aspx', ({ query }) => this.#propose(valueOf(query, 'id') ?? ''));
    server.on('GET', PROPOSAL, (call) => this.#hear(call));
    server.on('POST', PROPOSAL, (call) =>
      valueOf(call.form, '__VIEWSTATE') === undefined ? this.#take(call) : this.#answer(call),
    );
    server.on('POST', '/Files.aspx', (call) => this.#store(call));
  }

  invite(invitation: Invitation): { link: string; shareId: string } {
    const guid = randomUUID();
    const shareId = printGuid(guid, this.#options.spelling);
    this.sent.set(guid, { ...invitation, shareId, status: 'CREATED' });
    return { link: `${this.server.url}/Share.aspx?id=${guid}`, shareId };
  }

  override mustHaveSent(shareId: string): Sent {
    return super.mustHaveSent(parseGuid(shareId));
  }

  override mustHaveReceived(shareId: string): Received {
    return super.mustHaveReceived(parseGuid(shareId));
  }

  /** The proposal as it goes out, with some of its fields changed after they were signed. */
  offer(shareId: string, changes: Readonly<Record<string, string>> = {}): Pairs {
    const share = this.mustHaveSent(shareId);
    const urls = { resourceUrl: this.resourceUrl(share), callback: this.addresses.shareUrl };
    const fields = offerFields(share, { ...urls, shareId: share.shareId, owner: 'Nadia Nec', nameField: NAME });
    return changed([...fields, ...this.#signature(fields)], changes);
  }

  async deliver(shareId: string, token?: Pair): Promise<Said> {
    const share = this.mustHaveSent(shareId);
    share.token ??= this.storage.grant(share.item, share.permission === 'read-write', guidPair());
    const { key, secret } = token ?? share.token;
    const fields: Pairs = [
      ['share_id', share.shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['access_token_key', key],
      ['access_token_secret', secret],
    ];
    return this.post(this.neighbour.credentialsUrl, fields, this.#consumer);
  }

  /** It tells nobody: whoever uses the token learns it. */
  end(shareId: string): Promise<boolean> {
    const share = this.mustHaveSent(shareId);
    this.storage.revoke(share.token?.key ?? '');
    share.status = 'ENDED';
    return Promise.resolve(false);
  }

  leave(shareId: string): Promise<boolean> {
    const share = this.mustHaveReceived(shareId);
    delete share.grant;
    share.status = 'ENDED';
    return Promise.resolve(false);
  }

  get #consumer(): Pair | undefined {
    return this.#options.signs ? this.neighbour.issuedToUs : undefined;
  }

  /** Signed within the form, where a browser carries it. */
  #signature(fields: Pairs): Pairs {
    const consumer = this.#consumer;
    if (consumer === undefined || this.#options.carrier === 'server') return [];
    const url = new URL(this.neighbour.shareUrl);
    return sign({ method: 'POST', url, form: fields, time: Math.floor(this.now() / 1000) }, { consumer });
  }

  /** A form that goes to the other cloud, or to this one, which then goes there itself. */
  #invitation(guid: string): Reply {
    const share = this.mustHaveSent(guid);
    if (this.#options.carrier === 'server') return page('Invitation', form('', [], [], [['go', 'Continue']]));
    share.status = 'SENT';
    return page('Invitation', form(this.neighbour.shareUrl, this.offer(guid), [], [['', 'Continue']]));
  }

  async #propose(guid: string): Promise<Reply> {
    const share = this.mustHaveSent(guid);
    const { status, location, text } = await this.post(this.neighbour.shareUrl, this.offer(guid), this.#consumer);
    if (location === undefined) return page('Server Error', `${String(status)}: ${escapeHtml(text)}`, 502);
    share.status = 'SENT';
    return redirect(302, location);
  }

  /** The answer comes to the page that takes proposals, and the credentials go out before it is shown. */
  async #hear({ query }: Call): Promise<Reply> {
    const share = this.mustHaveSent(valueOf(query, 'share_id') ?? '');
    share.status = parseBool(valueOf(query, 'accepted') ?? '') ? 'ACCEPTED' : 'DECLINED';
    if (share.status === 'ACCEPTED') await this.deliver(share.shareId);
    return page('External sharing', share.status === 'ACCEPTED' ? 'Shared.' : 'Refused.');
  }

  #take({ form: fields }: Call): Reply {
    const names = OFFER_FIELDS.map((name) => (name === 'folder_name' ? NAME : name));
    const missing = missingIn(fields, names);
    if (missing !== undefined) throw new Error(`ArgumentNullException: ${missing}`);
    const offered = readOffer(fields, NAME);
    const guid = parseGuid(offered.shareId);
    const known = this.received.get(guid) ?? offered;
    this.received.set(guid, known);
    const answers: Pairs = [
      ['answer', 'Accept'],
      ['answer', 'Reject'],
    ];
    const asked = form(PROPOSAL, [['__VIEWSTATE', guid]], ['login', 'password'], answers);
    return page('External sharing', `<p>${escapeHtml(offered.folderName)}: ${offered.permission}</p>${asked}`);
  }

  /** Comes back with the id as .NET prints it. */
  #answer({ form: fields }: Call): Reply {
    const guid = valueOf(fields, '__VIEWSTATE') ?? '';
    const share = this.mustHaveReceived(guid);
    if (valueOf(fields, 'login') !== share.recipient || valueOf(fields, 'password') === '') return plain(403, 'Log in');
    const accepted = valueOf(fields, 'answer') === 'Accept';
    share.status = accepted ? 'ACCEPTED' : 'DECLINED';
    const url = new URL(share.callback);
    url.searchParams.append('share_id', printGuid(guid, this.#options.spelling));
    url.searchParams.append('accepted', String(accepted));
    const consumer = this.#consumer;
    const signed = { method: 'GET', url, time: Math.floor(this.now() / 1000) };
    return redirect(302, (consumer === undefined ? url : signedUrl(signed, { consumer })).href);
  }

  #store(call: Call): Reply {
    const { form: fields } = call;
    const isFine = !this.#options.signs || isSignedBy(call, { consumer: this.neighbour.issuedByUs });
    if (!isFine) return plain(401, 'Access is denied.');
    const share = this.mustHaveReceived(valueOf(fields, 'share_id') ?? '');
    const [key = '', secret = ''] = ['access_token_key', 'access_token_secret'].map((name) => valueOf(fields, name));
    if (key === '' || secret === '') return plain(400, 'access_token_key is missing');
    share.grant = { key, secret };
    return plain(200, 'OK');
  }
}

/** As `bool.Parse` does. */
function parseBool(text: string): boolean {
  if (!/^(?:true|false)$/i.test(text))
    throw new Error('FormatException: String was not recognized as a valid Boolean.');
  return text.toLowerCase() === 'true';
}

const guidPair = (): Pair => ({ key: randomUUID().toUpperCase(), secret: randomUUID().toUpperCase() });
