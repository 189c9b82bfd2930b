import type { Response } from 'express';
import { z } from 'zod';
import { ownDocument, type OwnKeys, type OwnServer } from '../../federation/index.js';
import { anyone, NO_BODY, row, type AnyRow, type DoorRequest } from '../door/door.js';
import type { Operation } from '../door/operation.js';
import { MESH, told } from './document-parts.js';

/** What {@link discoveryRows} needs. */
export interface DiscoveryInputs {
  readonly keys: Pick<OwnKeys, 'get'>;
  /** What this cloud says of itself, all but its key. */
  readonly ownServer: () => Promise<Omit<OwnServer, 'publicKey'>>;
}

const Protocols = z.record(z.string(), z.union([z.string(), z.object({ uri: z.string() })]));

const MeshDocument = z
  .looseObject({
    enabled: z.literal(true),
    apiVersion: z.string().meta({ description: 'Older releases of Nextcloud are told one that they take.' }),
    version: z.string(),
    provider: z.string().meta({ description: 'The name of this cloud.' }),
    endPoint: z.string(),
    resourceTypes: z.array(z.object({ name: z.string(), shareTypes: z.array(z.string()), protocols: Protocols })),
    capabilities: z.array(z.string()),
    jwksUri: z.string().optional(),
    publicKey: z.object({ keyId: z.string(), id: z.string(), publicKeyPem: z.string() }).nullable(),
  })
  .meta({ id: 'MeshDocument', description: 'What this cloud says of itself to servers of Open Cloud Mesh.' });

const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        alg: z.literal('Ed25519'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'MeshKeys', description: 'The public keys of this cloud (RFC 7517).' });

const reading = (operationId: string, description: string, schema: z.ZodType): Operation => ({
  operationId,
  tag: MESH,
  proofs: [],
  answers: { 200: told(description, schema) },
});

/**
 * The discovery document on every path where servers of some generation look for it, and the keys (open-cloud-mesh.md
 * 3.1).
 */
export function discoveryRows(inputs: DiscoveryInputs): AnyRow[] {
  const document = (path: string, operationId: string, summary: string): AnyRow =>
    row({
      method: 'GET',
      path,
      summary,
      document: reading(operationId, 'The document.', MeshDocument),
      body: NO_BODY,
      enter: anyone,
      handle: (request, response) => tell(inputs, request, response),
    });
  const keySet = (path: string, operationId: string, summary: string): AnyRow =>
    row({
      method: 'GET',
      path,
      summary,
      document: reading(operationId, 'The keys.', KeySet),
      body: NO_BODY,
      enter: anyone,
      async handle(_request, response) {
        response.json((await inputs.keys.get()).jwks);
      },
    });
  return [
    document('/.well-known/ocm', 'discoverMesh', 'What this cloud offers to servers of Open Cloud Mesh'),
    document(OLDER_PATH, 'discoverMeshAsBefore', 'The same, for servers of the first generations'),
    keySet('/ocm/jwks.json', 'meshKeys', 'The keys with which this cloud signs by RFC 9421'),
    keySet('/.well-known/jwks.json', 'meshKeysAsBefore', 'The same, where draft 05 has it'),
  ];
}

const OLDER_PATH = '/ocm-provider';

/** Answers the document on the path that was asked for: some servers follow no redirect. */
async function tell({ keys, ownServer }: DiscoveryInputs, { http }: DoorRequest<undefined>, response: Response) {
  const { publicKey } = await keys.get();
  const path = http.path.startsWith(OLDER_PATH) ? 'ocm-provider' : 'well-known';
  const userAgent = http.headers['user-agent'] ?? '';
  response.setHeader('Vary', 'User-Agent');
  response.json(ownDocument({ ...(await ownServer()), publicKey }, { path, userAgent }));
}
