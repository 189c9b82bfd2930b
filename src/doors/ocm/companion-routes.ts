import { z } from 'zod';
import type { Response } from 'express';
import { OcmRefusal } from '../../federation/index.js';
import { firstField, type Fields } from '../../kernel/index.js';
import { anyone, NO_BODY, row, type AnyRow } from '../door/door.js';
import { MESH, meshRefusals, told } from './document-parts.js';

const Alive = z.looseObject({
  installed: z.literal(true),
  maintenance: z.literal(false),
  version: z.string(),
  versionstring: z.string(),
  productname: z.string().meta({ description: 'The name of this cloud.' }),
});

const Services = z.looseObject({ version: z.int(), services: z.looseObject({ FEDERATED_SHARING: z.looseObject({}) }) });

/** A version that clients of Nextcloud and ownCloud take for one that they can share with. */
const VERSION = { version: '30.0.0.0', versionstring: '30.0.0' };

const SERVICES = {
  version: 2,
  services: {
    FEDERATED_SHARING: {
      version: 1,
      endpoints: { share: '/ocs/v2.php/cloud/shares', webdav: '/public.php/webdav/' },
    },
  },
};

/** What Nextcloud and ownCloud ask for beside the protocol (open-cloud-mesh.md 11). */
export function companionRows({ cloudName }: { readonly cloudName: string }): AnyRow[] {
  return [
    row({
      method: 'GET',
      path: '/status.php',
      summary: 'Tell Nextcloud and ownCloud that this server is alive',
      document: { operationId: 'meshStatus', tag: MESH, proofs: [], answers: { 200: told('It is.', Alive) } },
      body: NO_BODY,
      enter: anyone,
      handle: (_request, response) => {
        response.json({ installed: true, maintenance: false, ...VERSION, productname: cloudName });
        return Promise.resolve();
      },
    }),
    row({
      method: 'GET',
      path: '/ocs-provider',
      // Nextcloud asks with two slashes at the beginning.
      match: /^\/{1,2}ocs-provider\/?$/,
      summary: 'Tell ownCloud where things are',
      document: { operationId: 'meshServices', tag: MESH, proofs: [], answers: { 200: told('There.', Services) } },
      body: NO_BODY,
      enter: anyone,
      handle: (_request, response) => {
        response.json(SERVICES);
        return Promise.resolve();
      },
    }),
    olderShareRow(),
    requestRow(),
  ];
}

/** Refuses the end points of the older protocol. Never with a 2xx, which senders take for a delivered share. */
function olderShareRow(): AnyRow {
  return row({
    method: 'POST',
    path: '/ocs/v2.php/cloud/shares',
    match: /^\/ocs\/v[12]\.php\/cloud\/shares(?:\/.*)?$/,
    summary: 'Refuse a share by the protocol before this one',
    document: {
      operationId: 'refuseOlderShare',
      tag: MESH,
      proofs: [],
      answers: {
        404: { description: 'It is not spoken here.', content: { 'application/xml': {}, 'application/json': {} } },
      },
    },
    body: NO_BODY,
    enter: anyone,
    handle: ({ query }, response) => {
      refuseAsOcs(query, response);
      return Promise.resolve();
    },
  });
}

const META = { status: 'failure', statuscode: 404, message: 'Not found' };

function refuseAsOcs(query: Fields, response: Response): void {
  response.status(META.statuscode);
  if (firstField(query, 'format') === 'json') {
    response.json({ ocs: { meta: META, data: [] } });
    return;
  }
  const meta = Object.entries(META).map(([name, value]) => `<${name}>${String(value)}</${name}>`);
  response.type('application/xml').send(`<?xml version="1.0"?>\n<ocs><meta>${meta.join('')}</meta><data/></ocs>\n`);
}

/** Refuses to be asked for a share, which no server in the field does yet (open-cloud-mesh.md 7). */
function requestRow(): AnyRow {
  return row({
    method: 'POST',
    path: '/ocm/request-share',
    summary: 'Refuse to be asked for a share',
    document: {
      operationId: 'refuseShareRequest',
      tag: MESH,
      proofs: [],
      answers: meshRefusals({ 501: 'It is not offered here.' }),
    },
    body: NO_BODY,
    enter: anyone,
    handle: () => Promise.reject(new OcmRefusal(501, 'Nobody is asked for shares here.', [])),
  });
}
