import type { Received, Reply } from '../../doors/interop/support/scripted-peer.js';

/** A storage API of one shared file, as another cloud might serve it: `file/<id>`, its data and its versions. */
export class FileKeeper {
  readonly id = 31;
  readonly #token: string;
  readonly #contents: Buffer[];

  /** Opens to one token alone. */
  constructor(token: string, content: string) {
    this.#token = token;
    this.#contents = [Buffer.from(content)];
  }

  /** The content as it is now. */
  get content(): string {
    return this.#current.toString();
  }

  /** The owner writes a new version. */
  write(content: string): void {
    this.#contents.push(Buffer.from(content));
  }

  /** Answers a request; undefined for what is not the storage API's. */
  answer({ method, target, headers, body }: Received): Reply | undefined {
    const [, rest] = new RegExp(`^/v1/file/${String(this.id)}(/.*)?$`).exec(target) ?? [];
    if (!target.startsWith('/v1/')) return undefined;
    if (headers.authorization?.includes(`oauth_token="${this.#token}"`) !== true) return { status: 401 };
    if (!target.startsWith(`/v1/file/${String(this.id)}`)) return { status: 404 };
    switch (`${method} ${rest ?? ''}`) {
      case 'GET ':
        return json({ ...this.#metadata(this.#contents.length), contents: [] });
      case 'GET /versions':
        return json({ ...this.#metadata(this.#contents.length), versions: this.#history() });
      case 'GET /data':
        return this.#data(headers.range);
      case 'PUT /data':
        this.write(body);
        return json(this.#metadata(this.#contents.length));
      default:
        return { status: 405 };
    }
  }

  get #current(): Buffer {
    return this.#contents.at(-1) ?? Buffer.alloc(0);
  }

  #history(): object[] {
    return this.#contents.map((_content, index) => this.#metadata(index + 1)).reverse();
  }

  #metadata(version: number): object {
    const size = this.#contents[version - 1]?.length ?? 0;
    const status = version === 1 ? 'NEW' : 'CHANGED';
    const modified_at = `2026-11-02 09:00:0${String(version)}.000`;
    const file = { id: this.id, parent_id: 7, filename: 'letter.txt', is_folder: false, mimetype: 'text/plain' };
    return { ...file, status, version, size, checksum: version, modified_at };
  }

  #data(range: string | undefined): Reply {
    const content = this.#current;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const end = last === '' ? content.length - 1 : Math.min(Number(last), content.length - 1);
    const piece = content.subarray(Number(first), end + 1);
    const headers = { etag: `"v${String(this.#contents.length)}"`, 'content-length': String(piece.length) };
    if (range === undefined) return { status: 200, headers, body: piece.toString() };
    const part = { 'content-range': `bytes ${first}-${String(end)}/${String(content.length)}` };
    return { status: 206, headers: { ...headers, ...part }, body: piece.toString() };
  }
}

function json(body: object): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
