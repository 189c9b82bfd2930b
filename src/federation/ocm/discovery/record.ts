/** How a resource is reached, as its server advertises it. */
export interface OcmProtocols {
  /** The path under which shares are served; undefined when none is advertised. */
  readonly webdav: string | undefined;
  /** The kind of `uri` that the server takes as a receiver; undefined when it does not say. */
  readonly webdavReceive: 'absolute' | 'relative' | undefined;
  /** The names of all protocols, unknown ones too. */
  readonly names: readonly string[];
}

/** One kind of resource that a server takes. */
export interface OcmResourceType {
  readonly name: string;
  readonly shareTypes: readonly string[];
  readonly protocols: OcmProtocols;
}

/** What a server's discovery document says, of any generation (open-cloud-mesh.md 3). */
export interface OcmRecord {
  /** Empty when it says only a `version`. */
  readonly apiVersion: string;
  /** What Nextcloud says beside its frozen `apiVersion`. */
  readonly version: string | undefined;
  readonly provider: string | undefined;
  /** Absolute, on the server that was asked, without a slash at its end. */
  readonly endPoint: string;
  /** The form of its list of resources: a list, an object (Seafile), or a list under `shareTypes` (ownCloud 10). */
  readonly form: 'list' | 'object' | 'share-types';
  readonly resourceTypes: readonly OcmResourceType[];
  /** In the words of the newest text. */
  readonly capabilities: readonly string[];
  /** What it demands of senders, in the words of the newest text. */
  readonly criteria: readonly string[];
  /** Absolute and on the server that was asked, like `jwksUri`. */
  readonly tokenEndPoint: string | undefined;
  readonly jwksUri: string | undefined;
  /** A page for people: it may be anywhere. */
  readonly inviteAcceptDialog: string | undefined;
  /** The key for the draft of signatures, not read yet. */
  readonly publicKey: { readonly keyId: string; readonly pem: string } | undefined;
}
