import type { Proof } from '../door/operation.js';

/** An app that acts for a person: consumer and token, three-legged. */
export const PERSON_SIGNATURE: Proof = {
  name: 'personSignature',
  scheme: {
    type: 'http',
    scheme: 'OAuth',
    description: [
      'OAuth 1.0a (RFC 5849) in the header `Authorization: OAuth …`: signed with the secrets of the app and of the token that a person gave it.',
      'Methods: `HMAC-SHA256`, `HMAC-SHA1`, `PLAINTEXT` over https, and `RSA-SHA256` and `RSA-SHA1` for apps whose public key is registered. The timestamp may be ten minutes off; each nonce is taken once. The signature covers method, address, query and form-typed bodies; other bodies may be covered by `oauth_body_hash`, which is checked where it is given.',
      'The parameters may stand in the query instead of the header, never in both.',
    ].join('\n\n'),
  },
};

/** A cloud that uses the grant of one shared folder: consumer and grant, three-legged. */
export const GRANT_SIGNATURE: Proof = {
  name: 'grantSignature',
  scheme: {
    type: 'http',
    scheme: 'OAuth',
    description: [
      'OAuth 1.0a as for apps, signed by another cloud: the pair that this cloud issued to it, and the token and secret that it received for one shared folder. Never `PLAINTEXT`.',
      'Such a token reaches that folder and what is below it. Anything else is not found.',
    ].join('\n\n'),
  },
};

/** A cloud on its own behalf: consumer only, two-legged. */
export const PEER_SIGNATURE: Proof = {
  name: 'peerSignature',
  scheme: {
    type: 'http',
    scheme: 'OAuth',
    description:
      'OAuth 1.0a (RFC 5849) without a token, in the header `Authorization: OAuth …`: signed with the pair that this cloud issued to the other. Methods: `HMAC-SHA256` and `HMAC-SHA1`.',
  },
};

/** {@link PEER_SIGNATURE} on an address that a browser carries. */
export const PEER_SIGNATURE_IN_QUERY: Proof = {
  name: 'peerSignatureInQuery',
  scheme: {
    type: 'apiKey',
    in: 'query',
    name: 'oauth_signature',
    description:
      'The same two-legged signature in the query, for an address that a browser carries: `oauth_consumer_key`, `oauth_signature_method`, `oauth_timestamp`, `oauth_nonce`, `oauth_version` and `oauth_signature`. OpenAPI has no word for it; this names the parameter that holds the signature.',
  },
};
