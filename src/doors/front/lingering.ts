import type { Socket } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { SECOND } from '../../kernel/index.js';
import { hasBody } from './bodies.js';

/** How long a sender that keeps its connection open gets to read its answer, milliseconds. */
const LINGER = 2 * SECOND;

/** Connections that have had their last answer. */
const parting = new WeakSet<Socket>();

/**
 * Makes sure that a sender can read an answer that comes before it has sent everything. Closing a connection on which
 * bytes still arrive resets it, and the reset can destroy the answer before it is read (RFC 9112 9.6). So every such
 * answer has `Connection: close`, and only our half of the connection is closed after it; arriving bytes are discarded
 * until the sender closes its half or two seconds have passed. It is in front of all doors.
 */
export const letSendersRead: RequestHandler = (request, response, next) => {
  // After the last answer, further bytes on the connection are not read as a request.
  if (parting.has(request.socket)) return;
  if (hasBody(request)) {
    beforeHead(response, () => {
      if (!request.complete) partAfter(request, response);
    });
  }
  next();
};

/** Runs `act` when the headers of the final answer are about to go out. */
function beforeHead(response: Response, act: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => Response;
  response.writeHead = (...args: unknown[]) => {
    act();
    return writeHead(...args);
  };
}

function partAfter(request: Request, response: Response): void {
  const { socket } = request;
  response.setHeader('Connection', 'close');
  // The server calls this after the last answer of a connection; the default would close both halves at once.
  socket.destroySoon = () => {
    parting.add(socket);
    socket.end();
    request.on('error', () => undefined).resume();
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  };
}
