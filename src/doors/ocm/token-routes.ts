import { z } from 'zod';
import {
  readTokenRequest,
  tokenRefused,
  type OcmServer,
  type OwnTokens,
  type TokenRequest,
  type TokenShare,
} from '../../federation/index.js';
import type { Peer } from '../../peers/index.js';
import { row, type AnyRow } from '../door/door.js';
import { RETRY_AFTER } from '../door/refusal.js';
import { MESH, MeshRefusal, SERVER_SIGNATURE, told } from './document-parts.js';
import { OCM_BODY, type OcmCaller, type OcmEntry } from './entry.js';

/** What {@link tokenRows} need. */
export interface TokenRowInputs {
  readonly entry: OcmEntry;
  readonly tokens: Pick<OwnTokens, 'give'>;
  /** The open share with this secret, its peer, and whether it can be opened with tokens only. */
  readonly shareOfSecret: (secret: string) => Promise<ExchangeableShare | undefined>;
}

/** A share of ours that another server may want a token for. */
export interface ExchangeableShare extends TokenShare {
  readonly peer: Peer;
  readonly demandsToken: boolean;
}

const Fields = z
  .looseObject({
    grant_type: z.string().meta({ description: '`authorization_code`, or as before `ocm_share`.' }),
    client_id: z.string().meta({ description: 'The host of the server that asks.' }),
    code: z.string().meta({ description: 'The secret of the share.' }),
  })
  .meta({ id: 'MeshTokenRequest' });

const Token = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'MeshToken' });

const TokenRefusal = MeshRefusal.extend({ error: z.string() }).meta({ id: 'MeshTokenRefusal', examples: [] });

const refusal = (description: string, isTooMuch = false) =>
  told(description, TokenRefusal, isTooMuch ? RETRY_AFTER : undefined);

/** The exchange of secrets for tokens (open-cloud-mesh.md 9). */
export function tokenRows(inputs: TokenRowInputs): AnyRow[] {
  return [
    row<OcmCaller<TokenRequest>>({
      method: 'POST',
      path: '/ocm/token',
      summary: 'Exchange the secret of a share for a short-lived token',
      document: {
        operationId: 'exchangeMeshToken',
        tag: MESH,
        proofs: [SERVER_SIGNATURE],
        body: { required: true, content: { 'application/x-www-form-urlencoded': { schema: Fields } } },
        answers: {
          200: told('The token; the one before ends.', Token),
          400: refusal('`error` says why there is none, in the words of RFC 6749.'),
          421: refusal('The request is meant for another host.'),
          429: refusal('That was too often.', true),
          500: refusal('A defect of this cloud.'),
          503: refusal('This cloud is resting, or could not ask the sender for its keys.', true),
        },
      },
      body: OCM_BODY,
      greet: inputs.entry.greet,
      enter: inputs.entry.message({
        read: readTokenRequest,
        serversOf: async ({ code }) => serversOf(await inputs.shareOfSecret(code)),
        counts: 'messages',
      }),
      async handle({ caller }, response) {
        const share = await exchangeable(inputs, caller);
        const { token, expiresIn } = await inputs.tokens.give(share);
        response.setHeader('Cache-Control', 'no-store');
        response.json({ access_token: token, token_type: 'Bearer', expires_in: expiresIn } satisfies z.infer<
          typeof Token
        >);
      },
    }),
  ];
}

function serversOf(share: ExchangeableShare | undefined): OcmServer[] {
  return share?.peer.ocm === undefined ? [] : [share.peer.ocm];
}

/**
 * The share, if the request may exchange its secret: signed by the share's own server, unless an administrator has
 * switched its signatures off (open-cloud-mesh.md 9). Throws as {@link tokenRefused} words it.
 */
async function exchangeable(
  { shareOfSecret }: TokenRowInputs,
  { message: { code, clientHost }, signer }: OcmCaller<TokenRequest>,
): Promise<TokenShare> {
  const share = await shareOfSecret(code);
  const terms = share?.peer.ocm;
  if (share === undefined || terms === undefined) throw tokenRefused('invalid_grant');
  if (clientHost !== terms.host || (signer === undefined && terms.signatures !== 'off'))
    throw tokenRefused('invalid_client');
  if (!terms.exchangesTokens && !share.demandsToken) throw tokenRefused('unauthorized_client');
  return share;
}
