/** An OAuth app that people may let act for them. */
export interface Client {
  readonly id: string;
  /** As the administrator registered it; unique. */
  readonly name: string;
  readonly consumerKey: string;
  /** The registered callback; an app without one uses `oob`. */
  readonly callback: string | undefined;
  /** May take a person's password itself (stacksync-api-v2.md 3.2). */
  readonly firstParty: boolean;
  /** Gets enriched entries for foreign folders (cloudspaces-interop.md 10.2). */
  readonly delegated: boolean;
  /** The app takes a 403 for the end of its login, so it gets 400 instead (stacksync-api-v2.md 1). */
  readonly forbiddenAs400: boolean;
  /** PEM; for apps that sign with RSA-SHA1 or RSA-SHA256. */
  readonly publicKey: string | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** A client with the secret that it signs with. */
export interface ClientWithSecret extends Client {
  readonly consumerSecret: string;
}

/** How a client is registered. */
export interface ClientOptions {
  readonly callback?: string | undefined;
  readonly firstParty?: boolean | undefined;
  readonly delegated?: boolean | undefined;
  readonly forbiddenAs400?: boolean | undefined;
  readonly publicKey?: string | undefined;
  /** The consumer pair of an app that has one already; otherwise one is issued. */
  readonly pair?: { readonly key: string; readonly secret: string } | undefined;
}

// OAuth 1.0a clients in the field take 30 to 64 letters and digits (stacksync-api-v2.md 3.3).
export const KEY_LENGTH = 32;
export const SECRET_LENGTH = 43;
