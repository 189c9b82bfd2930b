import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Names and values, in the order of the wire. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** A request as it arrived. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly query: Pairs;
  /** The fields of a form, whatever its method. */
  readonly form: Pairs;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Carried by somebody's browser, who can read and change it; false: sent by a server. */
  readonly byBrowser: boolean;
  /** The parts of the path that the route's pattern has in brackets. */
  readonly parts: readonly string[];
}

/** An answer. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

type Handler = (call: Call) => Reply | Promise<Reply>;

interface Route {
  readonly pattern: RegExp;
  readonly handler: Handler;
}

/** A web server of another make: routes by pattern, 404 for the rest, 500 for whatever its code did not think of. */
export class ScriptedServer {
  /** `http://localhost:PORT` */
  readonly url: string;
  /** Every request so far. */
  readonly heard: Call[] = [];
  readonly #server;
  readonly #routes: Route[] = [];
  #lost = '';

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://localhost:${String((server.address() as AddressInfo).port)}`;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  /** Opens one on loopback. */
  static async open(): Promise<ScriptedServer> {
    const server = createServer();
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  /** Answers a method and a path, such as `GET /interop/proposal/([-\w]+)/`; the first route that fits answers. */
  on(method: string, path: string, handler: Handler): void {
    this.#routes.push({ pattern: new RegExp(`^(?:${method}) ${path}$`), handler });
  }

  /** Does what the next request to a path asks for, and breaks the connection instead of answering. */
  loseAnswerTo(path: string): void {
    this.#lost = path;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '/', this.url);
    const body = await buffer(request);
    const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
    const call: Call = {
      method,
      url,
      headers,
      body,
      query: pairsOf(url.search.slice(1)),
      form: isForm ? pairsOf(body.toString()) : [],
      byBrowser: headers['sec-fetch-mode'] === 'navigate',
      parts: [],
    };
    this.heard.push(call);
    const { status, headers: more = {}, body: content = '' } = await this.#answer(call);
    if (url.pathname === this.#lost) {
      this.#lost = '';
      request.socket.destroy();
      return;
    }
    // Old servers close behind every answer, and so nothing waits for a connection that nobody uses.
    response.writeHead(status, { connection: 'close', 'content-length': Buffer.byteLength(content), ...more });
    response.end(call.method === 'HEAD' ? '' : content);
  }

  async #answer(call: Call): Promise<Reply> {
    for (const { pattern, handler } of this.#routes) {
      const match = pattern.exec(`${call.method} ${call.url.pathname}`);
      if (match !== null) return crashing(() => handler({ ...call, parts: match.slice(1) }));
    }
    return plain(404, 'Not found');
  }
}

async function crashing(answer: () => Reply | Promise<Reply>): Promise<Reply> {
  try {
    return await answer();
  } catch (error) {
    return plain(500, error instanceof Error ? error.message : 'crashed');
  }
}

/** Reads a query or a form body. */
export function pairsOf(text: string): Pairs {
  return [...new URLSearchParams(text)];
}

/** Writes a query or a form body. */
export function formText(pairs: Pairs): string {
  return new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();
}

/** The first value of a name. */
export function valueOf(pairs: Pairs, name: string): string | undefined {
  return pairs.find(([known]) => known === name)?.[1];
}

/** An answer in plain text. */
export function plain(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}

/** Sends whoever asked elsewhere. */
export function redirect(status: 301 | 302 | 303, location: string): Reply {
  return { status, headers: { location } };
}

/** A page; `content` is HTML. */
export function page(title: string, content: string, status = 200): Reply {
  const body = `<!DOCTYPE html><html><head><title>${escapeHtml(title)}</title></head><body>${content}</body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

/** A form that a person sends by one of its buttons: those of the same name stand for different answers. */
export function form(action: string, hidden: Pairs, inputs: readonly string[], buttons: Pairs): string {
  const fields = hidden.map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`);
  const asked = inputs.map((name) => `<label>${name} <input name="${name}"></label>`);
  const send = buttons.map(([name, value]) => `<button name="${name}" value="${value}">${value}</button>`);
  return `<form method="post" action="${escapeHtml(action)}">${[...fields, ...asked, ...send].join('')}</form>`;
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}
