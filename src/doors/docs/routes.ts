import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Log } from '../../platform/index.js';
import { anyone, createDoor, NO_BODY, row, type AnyRow, type Refuse } from '../door/door.js';
import type { OpenApi } from './openapi.js';
import { docsModel, type DocsModel } from './page.js';

/** The page with the whole documentation. */
export interface DocsPage {
  readonly template: 'docs/api';
  readonly title: string;
  readonly model: { readonly api: DocsModel };
}

/** What the documentation needs from the rest of the cloud. */
export interface DocsInputs {
  /** Makes the document; called when it is first asked for, since no command and few starts need it. */
  readonly describe: () => OpenApi;
  /** Sets the security headers of pages. */
  readonly protect: RequestHandler;
  /** Shows a page to a visitor. */
  readonly show: (http: Request, response: Response, page: DocsPage) => void;
  readonly refuse: Refuse;
  readonly log: Log;
}

/** The API document, for people at `/docs` and for programs at `/docs/openapi.json`: public, the same for everybody. */
export function createDocsDoor(inputs: DocsInputs): Router {
  return createDoor({ rows: docsRows(inputs), refuse: inputs.refuse, log: inputs.log });
}

function docsRows({ describe, protect, show }: DocsInputs): AnyRow[] {
  let made: Told | undefined;
  const told = (): Told => (made ??= tell(describe()));
  const open = (http: Request, response: Response): void => {
    void protect(http, response, () => undefined);
    response.setHeader('Cache-Control', 'public, max-age=60');
  };
  return [
    row({
      method: 'GET',
      path: '/docs',
      summary: 'The API document as a page.',
      body: NO_BODY,
      enter: anyone,
      async handle({ http }, response) {
        open(http, response);
        const { model } = told();
        show(http, response, { template: 'docs/api', title: model.title, model: { api: model } });
      },
    }),
    row({
      method: 'GET',
      path: '/docs/openapi.json',
      summary: 'The API document.',
      body: NO_BODY,
      enter: anyone,
      async handle({ http }, response) {
        open(http, response);
        const { json, etag } = told();
        // Pages of any web origin may read it: everything in it is public.
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
        response.setHeader('ETag', etag);
        if (http.headers['if-none-match'] === etag) response.status(304).end();
        else response.type('application/json').send(json);
      },
    }),
  ];
}

/** The document as it is sent: to people and to programs. */
interface Told {
  readonly model: ReturnType<typeof docsModel>;
  readonly json: Buffer;
  readonly etag: string;
}

function tell(document: OpenApi): Told {
  const json = Buffer.from(JSON.stringify(document));
  const etag = `"${createHash('sha256').update(json).digest('base64url')}"`;
  return { model: docsModel(document), json, etag };
}
