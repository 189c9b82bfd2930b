import { withoutTrailing } from '../../../kernel/index.js';

/**
 * Who gets a document on the well-known path that names protocols by strings alone: some clients in Go fail at objects
 * there (open-cloud-mesh.md 3.1).
 */
export type StringsOnly = 'off' | 'go-client' | 'always';

/** What our own discovery document is made of. */
export interface OwnServer {
  /** The name of this cloud. */
  readonly name: string;
  readonly publicUrl: string;
  /** In the words of the newest text. */
  readonly capabilities: readonly string[];
  /** What we demand of senders. */
  readonly criteria: readonly string[];
  readonly stringsOnly: StringsOnly;
  /** The RSA key of the draft; undefined before there is one. */
  readonly publicKey: { readonly keyId: string; readonly pem: string } | undefined;
}

/** Who asks for the document, and where. */
export interface DiscoveryAsker {
  readonly path: 'well-known' | 'ocm-provider';
  /** Empty when none was sent. */
  readonly userAgent: string;
}

/** The version of the text that we follow. */
const OCM_VERSION = '1.4.0';

/** Nextcloud 28 and 29 refuse every later one (open-cloud-mesh.md 3.1). */
const VERSION_FOR_OLD_NEXTCLOUD = '1.1.0';
const OLD_NEXTCLOUD = 'Nextcloud Server Crawler';

/** Receivers of the first generation use this path as the root of a share. */
const WEBDAV_ROOT = 'public.php/webdav/';

type Protocols = Readonly<Record<string, string | object>>;

/** The document as it is sent. */
export interface OwnDocument {
  readonly enabled: true;
  readonly apiVersion: string;
  readonly version: string;
  readonly provider: string;
  readonly endPoint: string;
  readonly resourceTypes: readonly {
    readonly name: string;
    readonly shareTypes: readonly string[];
    readonly protocols: Protocols;
  }[];
  readonly capabilities: readonly string[];
  readonly criteria?: readonly string[];
  readonly tokenEndPoint?: string;
  readonly inviteAcceptDialog?: string;
  readonly jwksUri?: string;
  readonly publicKey: { readonly keyId: string; readonly id: string; readonly publicKeyPem: string } | null;
}

/** The discovery document of this cloud, for one asker (open-cloud-mesh.md 3.1). */
export function ownDocument(own: OwnServer, asker: DiscoveryAsker): OwnDocument {
  const { name, capabilities, criteria, publicKey } = own;
  const at = (path: string): string => `${withoutTrailing(own.publicUrl, '/')}/${path}`;
  const protocols = protocolsFor(own, asker);
  return {
    enabled: true,
    apiVersion: asker.userAgent === OLD_NEXTCLOUD ? VERSION_FOR_OLD_NEXTCLOUD : OCM_VERSION,
    version: OCM_VERSION,
    provider: name,
    endPoint: at('ocm'),
    // CERNBox refuses shares of kinds that their sender does not advertise.
    resourceTypes: ['file', 'folder'].map((kind) => ({ name: kind, shareTypes: ['user'], protocols })),
    capabilities,
    ...(criteria.length > 0 && { criteria }),
    ...(capabilities.includes('exchange-token') && { tokenEndPoint: at('ocm/token') }),
    ...(capabilities.includes('invites') && { inviteAcceptDialog: at('ocm/accept-invite') }),
    ...(capabilities.includes('http-sig') && { jwksUri: at('ocm/jwks.json') }),
    publicKey: publicKey === undefined ? null : ownKey(publicKey),
  };
}

function protocolsFor(own: OwnServer, asker: DiscoveryAsker): Protocols {
  const webdav = new URL(WEBDAV_ROOT, `${withoutTrailing(own.publicUrl, '/')}/`).pathname;
  return wantsStrings(own, asker) ? { webdav } : { webdav, 'webdav-receive': { uri: 'absolute' } };
}

function wantsStrings({ stringsOnly }: OwnServer, { path, userAgent }: DiscoveryAsker): boolean {
  if (path === 'ocm-provider' || stringsOnly === 'always') return true;
  return stringsOnly === 'go-client' && userAgent.startsWith('Go-http-client/');
}

/** Nextcloud reads `keyId`, older texts say `id`. */
function ownKey({ keyId, pem }: NonNullable<OwnServer['publicKey']>): NonNullable<OwnDocument['publicKey']> {
  return { keyId, id: keyId, publicKeyPem: pem };
}
