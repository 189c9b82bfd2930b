import compression from 'compression';
import type { RequestHandler } from 'express';
import { hidesAddress } from './headers.js';

/**
 * Compresses the text of our own pages: a folder with 1,000 entries is 940 kB without (F-56). Nothing else is: contents
 * of people's files, answers to forms, which may hold a secret that is shown once, and pages whose address is one. On
 * the others, secrets beside reflected input must not be revealed by the compressed length (BREACH); therefore form
 * tokens are masked differently in each answer.
 */
export const compressPages: RequestHandler = compression({
  filter: (request, response) =>
    request.method === 'GET' &&
    response.statusCode === 200 &&
    /^text\/html\b/.test(String(response.getHeader('Content-Type'))) &&
    !hidesAddress(response),
});
