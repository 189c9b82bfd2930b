import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response, Router } from 'express';
import type { Log } from '../../platform/index.js';
import { createDoor, row, type AnyRow, type Refuse } from '../door.js';
import type { OpenApi } from './openapi.js';
import { docsModel } from './page.js';

/** What the documentation needs from the rest of the cloud. */
export interface DocsInputs {
  readonly document: OpenApi;
  /** Sets the security headers of pages. */
  readonly protect: RequestHandler;
  /** Shows a page to a visitor. */
  readonly show: (http: Request, response: Response, page: { template: string; title: string; model: object }) => void;
  readonly refuse: Refuse;
  readonly log: Log;
}

/** The API document, for people at `/docs` and for programs at `/docs/openapi.json`: public, the same for everybody. */
export function createDocsDoor(inputs: DocsInputs): Router {
  return createDoor({ rows: docsRows(inputs), refuse: inputs.refuse, log: inputs.log });
}

function docsRows({ document, protect, show }: DocsInputs): AnyRow[] {
  const anyone = (): Promise<undefined> => Promise.resolve(undefined);
  const model = docsModel(document);
  const json = Buffer.from(JSON.stringify(document));
  const etag = `"${createHash('sha256').update(json).digest('base64url')}"`;
  const open = (http: Request, response: Response): void => {
    void protect(http, response, () => undefined);
    response.setHeader('Cache-Control', 'public, max-age=60');
  };
  return [
    row({
      ...{
        method: 'GET',
        path: '/docs',
        summary: 'The API document as a page.',
        body: { kind: 'none' },
        enter: anyone,
      },
      async handle({ http }, response) {
        open(http, response);
        show(http, response, { template: 'docs/api', title: model.title, model: { api: model } });
      },
    }),
    row({
      ...{
        method: 'GET',
        path: '/docs/openapi.json',
        summary: 'The API document.',
        body: { kind: 'none' },
        enter: anyone,
      },
      async handle({ http }, response) {
        open(http, response);
        // Whoever reads it in a browser reads it from anywhere: there is nothing in it that is not public.
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
        response.setHeader('ETag', etag);
        if (http.headers['if-none-match'] === etag) response.status(304).end();
        else response.type('application/json').send(json);
      },
    }),
  ];
}
