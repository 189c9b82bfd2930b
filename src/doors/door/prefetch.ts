import type { Request } from 'express';
import { Failure } from '../../kernel/index.js';

/**
 * Refuses a browser that loads a page before anybody has asked for it, where opening the page has an effect (threat
 * model WEB-11): `unavailable`.
 */
export function refusePrefetch({ headers }: Request): void {
  const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-moz']];
  if (purposes.some((purpose) => /prefetch|prerender/i.test(String(purpose)))) {
    throw new Failure('unavailable', 'This page opens only when somebody asks for it.');
  }
}
