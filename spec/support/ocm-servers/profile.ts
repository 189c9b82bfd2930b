import type { Quirks } from '../scripted-peers/webdav/index.js';

/** An answer: a status and the JSON with it; text is sent as a page. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly body: object | string;
}

/** What a server says of itself. `HOST` stands for its host and port. */
export type ServedDocument = Readonly<Record<string, unknown>>;

/** Messages about a share that one server sends the other. */
export type NoticeKind = 'SHARE_ACCEPTED' | 'SHARE_DECLINED' | 'SHARE_UNSHARED' | 'SHARE_CHANGE_PERMISSION';

/** How one make of server behaves, as data. Each member says what open-cloud-mesh.md or what was seen say of it. */
export interface OcmProfile {
  readonly name: string;
  /** Where this is written: sections of the contract, and what was seen on the wire. */
  readonly cites: string;
  /** Which document is served, and where; `page`: HTML with 200 instead of a 404 (3.2). */
  readonly document: ServedDocument;
  readonly documentAt: Readonly<Record<'/.well-known/ocm' | '/ocm-provider' | '/ocm-provider/', 'json' | 'page' | 404>>;
  readonly people: 'login' | 'uuid@host' | 'base64' | 'base64url';
  /** Its addresses hold the scheme; one without is taken for https (2). */
  readonly needsScheme: boolean;
  readonly finding: {
    /** Where it looks for the document of others, in this order; none: its operator wrote them down (12). */
    readonly asks: readonly string[];
    readonly userAgent: string;
    /** Versions that it knows; undefined: any. */
    readonly versions?: RegExp;
    /** A document without `enabled` is taken for switched off. */
    readonly needsEnabled: boolean;
    /** Only hosts that its operator wrote down may talk to it. */
    readonly needsEntry: boolean;
    /** A share needs an accepted invitation. */
    readonly needsInvite: boolean;
  };
  /** How it signs, and of whom it demands signatures; `known`: of hosts that have signed before (10). */
  readonly signatures: {
    readonly makes: 'none' | 'cavage' | 'rfc9421';
    readonly demands: 'never' | 'known' | 'always';
  };
  /** What it sends (5, 12). */
  readonly sending: {
    readonly shape: 'legacy' | 'multi';
    /** The member of `webdav` that holds the address. */
    readonly address: 'uri' | 'url' | 'relative';
    /** `options` beside `webdav`, empty. */
    readonly emptyOptions: boolean;
    readonly numericIds: boolean;
    readonly persons: readonly ('owner' | 'sharedBy' | 'sender')[];
    readonly folder: 'file' | 'folder' | 'library';
    /** Whether it sends `expiration`, with 0 for none. */
    readonly expiration: boolean;
    /** Everything but 201 counts as not taken, and is tried the old way (12, seen: 0.3). */
    readonly needs201: boolean;
  };
  /** What it takes (4, 5, 12). */
  readonly taking: {
    readonly shapes: readonly ('legacy' | 'single' | 'multi')[];
    readonly kinds: readonly string[];
    /** Fields without which it fails. */
    readonly persons: readonly string[];
    readonly strictProtocol: boolean;
    /** The success code, and what comes with it. */
    readonly done: ScriptedAnswer;
    readonly refuses: Readonly<
      Record<'missing' | 'shape' | 'options' | 'kind' | 'person' | 'entry' | 'invite', ScriptedAnswer>
    >;
    readonly needsRequirement?: string;
  };
  readonly notices: {
    readonly sends: readonly NoticeKind[];
    /** The types that it acts upon; others are logged and answered as done. */
    readonly acts: readonly NoticeKind[];
    /** Whether it ignores unknown types, or refuses them. */
    readonly unknown: 'logged' | 'refused';
    readonly needs: 'secret' | 'grantee' | 'nothing';
    readonly done: ScriptedAnswer;
    /** Its answers to a wrong secret, and to a share that does not exist or has ended. */
    readonly wrong: ScriptedAnswer;
    readonly gone: ScriptedAnswer;
  };
  /** How it opens what it was given (8). */
  readonly opens: {
    readonly with: 'basic' | 'bearer' | 'bearer, then basic';
    readonly at: 'advertised root' | 'address';
    /** A segment that it puts into every path, and that means nothing. */
    readonly dot: boolean;
    readonly padsPassword: boolean;
    /** Answers after which it forgets the share for ever. */
    readonly dropsOn: readonly number[];
  };
  /** How it serves what it gives (8). */
  readonly serves: {
    readonly root: string;
    readonly byId: boolean;
    readonly with: readonly ('basic' | 'bearer')[];
    /** Status for a key that opens nothing (any more). */
    readonly closed: number;
    /** The secret itself opens nothing: it has to be changed for a token (9). */
    readonly exchanges: boolean;
    readonly quirks: Quirks;
  };
  /** How an accepted invitation has to be told to it; undefined: it knows none (7). */
  readonly invites: { readonly needs: 'userId' | 'userID' | 'either'; readonly otherwise: ScriptedAnswer } | undefined;
}
