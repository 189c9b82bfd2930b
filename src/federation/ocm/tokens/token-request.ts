import { z } from 'zod';
import { Failure } from '../../../kernel/index.js';
import { formCharset, parsePairs } from '../../../oauth1/index.js';
import type { MessageBody } from '../../ports/message.js';
import { parseServer } from '../wording/address.js';
import { secret } from '../wording/fields.js';

/** The errors of the exchange, as RFC 6749 5.2 words them. */
export type TokenError =
  'invalid_request' | 'invalid_client' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_grant_type';

/** The request of a server for a token, not yet believed. */
export interface TokenRequest {
  /** The host that it names as its own, in the form in which hosts are compared. */
  readonly clientHost: string;
  /** The secret of the share. */
  readonly code: string;
}

/** `ocm_share` is the older name, which servers with reva use (open-cloud-mesh.md 9). */
const GRANT_TYPES = ['authorization_code', 'ocm_share'];

const requestShape = z.object({ grant_type: z.string(), client_id: z.string().max(1_024), code: secret });

/** Reads `POST /token`, a form. Throws as {@link tokenRefused} words it. */
export function readTokenRequest({ type, text }: MessageBody): TokenRequest {
  const charset = formCharset(type);
  if (charset === undefined) throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded.');
  const { data } = requestShape.safeParse(Object.fromEntries(parsePairs(text, charset).reverse()));
  const client = data === undefined ? undefined : parseServer(data.client_id);
  if (data === undefined || client === undefined) throw tokenRefused('invalid_request');
  if (!GRANT_TYPES.includes(data.grant_type)) throw tokenRefused('unsupported_grant_type');
  return { clientHost: client.host, code: data.code };
}

const WORDS: Readonly<Record<TokenError, string>> = {
  invalid_request: 'grant_type, client_id and code are needed.',
  invalid_client: 'This is not signed by the server for which the share is.',
  invalid_grant: 'There is no such share.',
  unauthorized_client: 'This cloud exchanges no tokens with your server.',
  unsupported_grant_type: 'The grant_type is authorization_code.',
};

/** The refusal of an exchange. */
export function tokenRefused(error: TokenError): Failure {
  return new Failure('invalid', WORDS[error], { facts: { error } });
}
