import type { PeerId } from '../../../kernel/index.js';
import { notFound } from '../../../kernel/index.js';
import type { Logos } from '../../../peers/index.js';
import { NO_BODY, row, type AnyRow } from '../../door/door.js';
import { param } from '../frame/forms.js';
import { sandboxContent } from '../frame/headers/headers.js';

const DAY_IN_SECONDS = 86_400;

/** Our copy of a peer's logo: whoever opens an invitation tells no other cloud of it (threat model PRO-15). */
export function logoRow(logos: Pick<Logos, 'of'>): AnyRow {
  return row<undefined>({
    method: 'GET',
    path: '/peers/:id/logo',
    summary: "A peer's logo, from the copy that was made when it was recorded.",
    body: NO_BODY,
    enter: async () => undefined,
    handle: async ({ params, http }, response) => {
      const logo = await logos.of(param(params, 'id') as PeerId);
      if (logo === undefined) throw notFound('This cloud shows no logo.');
      sandboxContent(response);
      response.setHeader('Cache-Control', `public, max-age=${String(DAY_IN_SECONDS)}`);
      response.setHeader('ETag', logo.etag);
      if (http.headers['if-none-match'] === logo.etag) response.status(304).end();
      else response.type(logo.type).send(logo.bytes);
    },
  });
}

/** Where the logo of a peer is; undefined for a peer without one. */
export function logoHref(id: string, known: ReadonlySet<string>): string | undefined {
  return known.has(id) ? `/peers/${encodeURIComponent(id)}/logo` : undefined;
}
