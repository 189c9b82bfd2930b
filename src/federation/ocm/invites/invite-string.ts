import { invalid } from '../../../kernel/index.js';
import { parseServer, type OcmServer } from '../wording/address.js';

/** An invitation: its token, and the server that made it (open-cloud-mesh.md 7). */
export interface Invite {
  readonly token: string;
  readonly server: OcmServer;
}

/** Longest text that is taken for an invitation, characters. */
const LONGEST_INVITE = 2_048;

/** A token is plain ASCII: every server makes such ones, and it goes into JSON and into an address. */
const TOKEN = /^[\x21-\x7e]{1,255}$/;

/** An invitation as people carry it: base64 of `token@host`. */
export function formatInvite(token: string, host: string): string {
  return Buffer.from(`${token}@${host}`).toString('base64');
}

/**
 * Reads an invitation: base64 or base64url with or without padding, the link to the page of a server, or a token alone where
 * the server is typed beside it (oCIS, OpenCloud). Throws `invalid`.
 */
export function parseInvite(text: string, typedServer = ''): Invite {
  const written = text.trim();
  const invite =
    written.length > LONGEST_INVITE ? undefined : (decoded(written) ?? linked(written) ?? bare(written, typedServer));
  if (invite === undefined) throw invalid('This is no invitation. Copy all of it, or say which server it is from.');
  return invite;
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

function decoded(text: string): Invite | undefined {
  if (!BASE64.test(text)) return undefined;
  // Node decodes base64 and base64url alike.
  const plain = Buffer.from(text, 'base64').toString('latin1');
  const at = plain.lastIndexOf('@');
  return at < 1 ? undefined : bare(plain.slice(0, at), plain.slice(at + 1));
}

function linked(text: string): Invite | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const token = url.searchParams.get('token') ?? '';
  return decoded(token) ?? bare(token, url.origin);
}

function bare(token: string, typed: string): Invite | undefined {
  const server = typed === '' ? undefined : parseServer(typed.trim());
  return server === undefined || !TOKEN.test(token) ? undefined : { token, server };
}
