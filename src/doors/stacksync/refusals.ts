import type { Request, Response } from 'express';
import { invalid, isFailure, statusOf, type Failure } from '../../kernel/index.js';
import { challengeOf } from '../../oauth1/index.js';
import { preferred } from '../door/negotiation.js';
import { refusalOf } from '../door/refusal.js';
import type { StorageCaller } from './wire/ports.js';
import { sentenceOf } from './wire/sentences.js';

/**
 * Words a refusal for storage clients: the bare sentence, which some compare byte by byte, or JSON for those that ask
 * for it (stacksync-api-v2.md 1).
 */
export function refuse(failure: Failure, request: Request, response: Response): void {
  const status = statusOf(failure.code);
  if (failure.code === 'unauthenticated') response.setHeader('WWW-Authenticate', challengeOf(failure));
  if (failure.code === 'range-not-satisfiable') {
    response.setHeader('Content-Range', `bytes */${String(failure.facts['size'] ?? '*')}`);
  }
  const sentence = sentenceOf(failure);
  const json = wantsJson(request);
  const body = json ? JSON.stringify(refusalOf(failure, sentence)) : sentence;
  response.writeHead(status, {
    'Content-Type': json ? 'application/json; charset=UTF-8' : 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

/** Plain text for those that send a wildcard, as every client does. */
function wantsJson(request: Request): boolean {
  return preferred(request, ['text/plain', 'application/json']) === 'application/json';
}

/** What a caller is told instead of `error`: clients flagged so never see a 403 (stacksync-api-v2.md 1). */
export function forCaller(error: unknown, caller: StorageCaller): unknown {
  return caller.forbiddenAs400 && isFailure(error, 'forbidden') ? invalid(error.message) : error;
}
