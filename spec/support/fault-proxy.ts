import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the wire does to one request or its answer. */
export type Fault =
  /** The connection is closed before a byte gets through. */
  | { readonly kind: 'refuse' }
  /** A number of bytes of the request gets through, then both sides lose their connection. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** The request gets through, and a number of bytes of its answer. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** The request gets through and is answered; nobody hears the answer. */
  | { readonly kind: 'swallow' }
  /** The request waits on the way. */
  | { readonly kind: 'delay'; readonly millis: number }
  /** Nothing happens for so long, then the connection breaks. */
  | { readonly kind: 'hang'; readonly millis: number }
  /** Once it is answered, the same bytes arrive a second time over another connection. */
  | { readonly kind: 'duplicate' }
  /** The proxy answers in place of the server. */
  | { readonly kind: 'misanswer'; readonly status: number };

/** A request and its answer as they passed, as text, cut where they are long. */
export interface Passed {
  readonly request: string;
  readonly answer: string;
  readonly fault: Fault | undefined;
}

/** What a proxy is told. */
export interface FaultProxyOptions {
  /** Where the server listens on loopback. */
  readonly target: number;
  /** Asked once for each request, when its head has come. */
  readonly choose?: (head: string) => Fault | undefined;
  /** Told of each request when it is over. */
  readonly watch?: (passed: Passed) => void;
}

/** A TCP proxy that knows of HTTP only where a request begins: everything else are bytes. */
export interface FaultProxy {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Requests longer than this are neither repeated nor shown whole, bytes. */
const KEPT = 64 * 1024;

/** Starts a proxy on a free port of loopback. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const lines = new Set<Socket>();
  const server: Server = createServer((client) => {
    lines.add(client);
    client.once('close', () => lines.delete(client));
    new Line(client, options);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://localhost:${String(port)}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const client of lines) client.destroy();
      await closed;
    },
  };
}

/** One request of a connection: what was sent, what came back, and what is to go wrong. */
class Exchange {
  readonly #request: Buffer[] = [];
  readonly #answer: Buffer[] = [];
  sent = 0;
  answered = 0;
  fault: Fault | undefined;
  isChosen = false;

  get request(): Buffer {
    return Buffer.concat(this.#request);
  }

  /** The head, once it is there whole. */
  get head(): string | undefined {
    const text = this.request.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    return end < 0 ? undefined : text.slice(0, end);
  }

  get passed(): Passed {
    const answer = Buffer.concat(this.#answer).toString('latin1');
    return { request: this.request.toString('latin1'), answer, fault: this.fault };
  }

  keepRequest(bytes: Buffer): void {
    if (this.sent < KEPT) this.#request.push(bytes);
    this.sent += bytes.length;
  }

  keepAnswer(bytes: Buffer): void {
    if (this.answered < KEPT) this.#answer.push(bytes);
    this.answered += bytes.length;
  }
}

/** One connection of a client, and the one behind it. Clients do not pipeline: what comes after an answer is a new request. */
class Line {
  readonly #client: Socket;
  readonly #options: FaultProxyOptions;
  readonly #server: Socket;
  #exchange = new Exchange();
  #isOver = false;

  constructor(client: Socket, options: FaultProxyOptions) {
    this.#client = client;
    this.#options = options;
    this.#server = connect(options.target, '127.0.0.1');
    client.on('data', (bytes: Buffer) => this.#asked(bytes));
    this.#server.on('data', (bytes: Buffer) => this.#answered(bytes));
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined).once('close', () => this.#break());
    }
  }

  #asked(bytes: Buffer): void {
    if (this.#exchange.answered > 0) this.#next();
    const exchange = this.#exchange;
    exchange.keepRequest(bytes);
    if (exchange.isChosen) return this.#pass(bytes);
    const { head } = exchange;
    if (head === undefined) return;
    exchange.isChosen = true;
    exchange.fault = this.#options.choose?.(head);
    this.#begin(exchange);
  }

  #next(): void {
    this.#options.watch?.(this.#exchange.passed);
    this.#exchange = new Exchange();
  }

  /** The head of the request is complete: what has come is passed on, or not, by the fault. */
  #begin(exchange: Exchange): void {
    const { fault, request } = exchange;
    switch (fault?.kind) {
      case 'refuse':
        return this.#break();
      case 'misanswer':
        return this.#misanswer(exchange, fault.status);
      case 'hang':
        return this.#later(fault.millis, () => this.#break());
      case 'delay':
        return this.#later(fault.millis, () => this.#pass(request));
      default:
        return this.#pass(request);
    }
  }

  #pass(bytes: Buffer): void {
    const { fault, sent } = this.#exchange;
    if (fault?.kind !== 'cut-request' || sent <= fault.after) {
      this.#server.write(bytes);
      return;
    }
    const room = fault.after - (sent - bytes.length);
    this.#server.end(bytes.subarray(0, Math.max(0, room)), () => this.#break());
  }

  #answered(bytes: Buffer): void {
    const exchange = this.#exchange;
    const { fault } = exchange;
    const isFirst = exchange.answered === 0;
    exchange.keepAnswer(bytes);
    if (fault?.kind === 'swallow') return this.#break();
    if (fault?.kind === 'duplicate' && isFirst) this.#repeat(exchange.request);
    if (fault?.kind === 'cut-answer' && exchange.answered > fault.after) {
      const room = fault.after - (exchange.answered - bytes.length);
      this.#client.end(bytes.subarray(0, Math.max(0, room)), () => this.#break());
      return;
    }
    this.#client.write(bytes);
  }

  #repeat(request: Buffer): void {
    const again = connect(this.#options.target, '127.0.0.1');
    again.on('error', () => undefined);
    again.once('data', () => again.destroy());
    again.write(request);
  }

  #misanswer(exchange: Exchange, status: number): void {
    const answer = Buffer.from(`HTTP/1.1 ${String(status)} Misled\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    exchange.keepAnswer(answer);
    this.#client.end(answer, () => this.#break());
  }

  #later(millis: number, act: () => void): void {
    const timer = setTimeout(act, millis);
    this.#client.once('close', () => clearTimeout(timer));
  }

  #break(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#exchange.sent > 0) this.#options.watch?.(this.#exchange.passed);
    this.#client.destroy();
    this.#server.destroy();
  }
}
