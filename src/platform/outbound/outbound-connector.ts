import { lookup as systemLookup } from 'node:dns/promises';
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { destinationOf, refuseAddress, type AddressPolicy, type ConnectionTarget } from './addresses.js';
import { authoritiesBeside } from './authorities.js';
import { readIntoLent } from './outbound-buffers.js';
import { OutboundRefusal, OutboundTimeout } from './outbound-failures.js';

/**
 * The stream's high-water mark, less than one read: two waiting reads would be joined into a copy. The default of newer
 * Node.js releases is four times as much. `net.connect` passes it on to the stream.
 */
const ONE_READ_AHEAD: object = { readableHighWaterMark: 16 * 1024 };

/** An address as a resolver answers it. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Looks up every address of a name, in order of preference. */
export type Resolver = (host: string) => Promise<readonly ResolvedAddress[]>;

/** What the connector needs beside the policy. */
export interface ConnectorOptions {
  readonly policy: AddressPolicy;
  readonly resolver: Resolver;
  /** Certificate authorities trusted beside the built-in ones, PEM. */
  readonly extraCa: string | undefined;
  /** Milliseconds for name and TCP, and for TLS (PEER-01). */
  readonly limits: { readonly connect: number; readonly tls: number };
  onConnect(origin: string, address: string): void;
  onRefuse(): void;
}

/**
 * The operating system's resolver, hosts file included. Concurrent lookups of one name are joined, so that a name that
 * hangs holds one thread.
 */
export function systemResolver(): Resolver {
  const running = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (host) => {
    const question = running.get(host) ?? systemLookup(host, { all: true, verbatim: true });
    running.set(host, question);
    const forget = (): unknown => running.delete(host);
    question.then(forget, forget);
    return question;
  };
}

/**
 * A connector that reaches checked addresses only: every DNS answer must be allowed (SSR-02), the socket goes to one of
 * exactly these answers, and the address it reached is checked again before the first byte is sent.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const secure = buildConnector({ timeout: 0, ...trust(options.extraCa) });
  return (request, callback) => {
    void connectChecked(request, options, secure).then(
      (socket) => {
        callback(null, socket);
      },
      (error: unknown) => {
        if (error instanceof OutboundRefusal) options.onRefuse();
        callback(error as Error, null);
      },
    );
  };
}

function trust(extraCa: string | undefined): { ca?: string[] } {
  return extraCa === undefined ? {} : { ca: authoritiesBeside(extraCa) };
}

async function connectChecked(
  request: buildConnector.Options,
  options: ConnectorOptions,
  secure: buildConnector.connector,
): Promise<Socket> {
  const destination = destinationOf(new URL(`${request.protocol}//${request.host ?? request.hostname}`));
  const isPlain = request.protocol !== 'https:';
  const socket = await openSocket(destination, options, isPlain);
  const address = socket.remoteAddress ?? '';
  const refusal = refuseAddress(address, destination, options.policy);
  if (refusal !== undefined) {
    socket.destroy();
    throw new OutboundRefusal(refusal);
  }
  options.onConnect(`${request.protocol}//${request.host ?? request.hostname}`, address);
  return isPlain ? socket : encrypt(socket, request, secure, options.limits.tls);
}

/** Resolves, checks and connects within one limit. */
function openSocket(destination: ConnectionTarget, options: ConnectorOptions, isPlain: boolean): Promise<Socket> {
  return withDeadline(options.limits.connect, 'connect', async (expired) => {
    const addresses = await checkedAddresses(destination, options);
    expired.throwIfAborted();
    return dial(destination, { addresses, isPlain }, expired);
  });
}

async function checkedAddresses(to: ConnectionTarget, options: ConnectorOptions): Promise<readonly ResolvedAddress[]> {
  const addresses = await options.resolver(to.host);
  if (addresses.length === 0) throw new OutboundRefusal(`${to.host} has no address`);
  for (const { address } of addresses) {
    const refusal = refuseAddress(address, to, options.policy);
    if (refusal !== undefined) throw new OutboundRefusal(refusal);
  }
  return addresses;
}

/** Where a connection goes, and whether it is read into lent buffers; an encrypted one is read by the TLS layer. */
interface ConnectionPlan {
  readonly addresses: readonly ResolvedAddress[];
  readonly isPlain: boolean;
}

function dial(to: ConnectionTarget, { addresses, isPlain }: ConnectionPlan, expired: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Node tries the pinned addresses in turn and never asks a resolver itself.
    const pinned: LookupFunction = (_host, _options, answer) => {
      answer(null, [...addresses]);
    };
    const socket: Socket = connectTcp({
      host: to.host,
      port: to.port,
      lookup: pinned,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 1_000,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      ...(isPlain && { onread: readIntoLent(() => socket), ...ONE_READ_AHEAD }),
    });
    expired.addEventListener('abort', () => socket.destroy(expired.reason as Error), { once: true });
    // The listener stays: a socket without one would end the process if it failed before its next owner listens.
    socket.on('error', reject).once('connect', () => {
      resolve(socket);
    });
  });
}

function encrypt(
  socket: Socket,
  request: buildConnector.Options,
  secure: buildConnector.connector,
  limit: number,
): Promise<Socket> {
  return withDeadline(limit, 'tls', (expired) => {
    expired.addEventListener('abort', () => socket.destroy(expired.reason as Error), { once: true });
    return new Promise((resolve, reject) => {
      secure({ ...request, httpSocket: socket }, (error, encrypted) => {
        if (error !== null) {
          socket.destroy();
          reject(error);
        } else resolve(encrypted);
      });
    });
  });
}

async function withDeadline<T>(limit: number, phase: string, work: (expired: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const timeout = new OutboundTimeout(phase);
      controller.abort(timeout);
      reject(timeout);
    }, limit);
  });
  try {
    return await Promise.race([work(controller.signal), expiry]);
  } finally {
    clearTimeout(timer);
  }
}
