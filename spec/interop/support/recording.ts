import { readFileSync } from 'node:fs';

/** How a client proves itself: method, place, and the order in which it writes its parameters. */
export interface ProofStyle {
  readonly method: 'HMAC-SHA1' | 'PLAINTEXT';
  readonly in: 'header' | 'query' | 'body';
  readonly order: readonly string[];
  /** Further protocol parameters, such as `oauth_callback`. */
  readonly more?: Readonly<Record<string, string>>;
  /** `none`: two legs, consumer only. `temporary`: the request token that was kept. Else the access token. */
  readonly token?: 'none' | 'temporary';
}

/** What must come back. Values of the form `{{name}}` stand for what was kept. */
export interface Expected {
  readonly status: number;
  /** By name in lower case, whole values. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, byte for byte. */
  readonly body?: string;
  /** The body without blanks at its ends. */
  readonly trimmed?: string;
  /** A pattern for bodies that hold a secret. */
  readonly like?: string;
  /** What the JSON must hold, at least. */
  readonly json?: unknown;
  /** Entries of `contents` or of the array, at least these; each holds at least this. */
  readonly lists?: readonly unknown[];
  /** Names that `contents` must not list. */
  readonly lacks?: readonly string[];
}

/** One request as it stands on the wire, with `{{…}}` where a value is known only when it is played. */
export interface Call {
  readonly line: string;
  /** After the headers that all calls of this recording have. */
  readonly headers?: readonly string[];
  /** Instead of them. */
  readonly allHeaders?: readonly string[];
  /** UTF-8 text. */
  readonly body?: string;
  /** Bytes that are no text. */
  readonly bodyHex?: string;
  /** What is sent in place of the body that was signed. */
  readonly sentBody?: string;
  readonly proof?: ProofStyle | 'unsigned';
  readonly expect: Expected;
  /** What later calls need: `name` to `path`, as `id` or `contents[filename=Plans].id` or `form:oauth_token`. */
  readonly keep?: Readonly<Record<string, string>>;
}

/** The person’s own part: a yes on the page for the request token that was kept. Keeps the `verifier`. */
export interface PersonStep {
  readonly person: 'allows';
}

/** One thing that a person does, and the calls that it makes. */
export interface Scene {
  readonly title: string;
  readonly calls: readonly (Call | PersonStep)[];
}

/** The run of one client. */
export interface Recording {
  readonly client: string;
  readonly about: string;
  readonly headers: readonly string[];
  readonly proof: ProofStyle;
  readonly scenes: readonly Scene[];
}

/** Reads `spec/fixtures/clients/<name>.json`. */
export function readRecording(name: string): Recording {
  const file = new URL(`../../fixtures/clients/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}
