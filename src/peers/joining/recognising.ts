import { isFailure, keepLabel } from '../../kernel/index.js';
import type { Outbound } from '../../platform/index.js';
import type { DiscoveredPeer } from '../peer/peer-draft.js';
import { foundIn, ocmRecord, type AskOcm, type OcmSaid } from '../peer/ocm-said.js';
import { readOcmPlace, type OcmDraft, type OcmPlace } from '../peer/ocm-terms.js';
import { cloudAt, discover, type DiscoveryConsent } from './discovery.js';

/** What {@link recognise} needs. */
export interface RecogniseParts {
  readonly outbound: Pick<Outbound, 'call'>;
  readonly askOcm: AskOcm;
  readonly allowInsecure: boolean;
}

/** A cloud that was found at an address. */
export interface Recognised extends DiscoveredPeer {
  /** Undefined where it speaks CloudSpaces: in which dialect, its document does not say. */
  readonly dialect: 'ocm' | undefined;
  /** What it is in Open Cloud Mesh. */
  readonly ocm: OcmDraft | undefined;
  /** What it says of itself there. */
  readonly said: OcmSaid | undefined;
}

/**
 * Finds out what the cloud at an address speaks: CloudSpaces, Open Cloud Mesh, or both. Throws as {@link discover} does, when it
 * speaks neither.
 */
export async function recognise(
  parts: RecogniseParts,
  text: string,
  consent: DiscoveryConsent = {},
): Promise<Recognised> {
  const [cloud, mesh] = await Promise.all([attempt(discover(parts.outbound, text, consent)), askMesh(parts, text)]);
  const both = { ocm: mesh && { ...mesh.place, found: foundIn(mesh.said) }, said: mesh?.said };
  if (cloud.found !== undefined) return { ...cloud.found, ...both, dialect: undefined };
  if (mesh === undefined || !isFailure(cloud.failure, 'peer-failed')) throw cloud.failure;
  return { ...foundAlone(mesh.place, mesh.said), ...both, dialect: 'ocm' };
}

function foundAlone({ host, path }: OcmPlace, { provider = '', endPoint }: OcmSaid): DiscoveredPeer {
  return {
    name: keepLabel(provider) || host + path,
    transport: 'server-post',
    ...ocmRecord(endPoint),
    returnUrl: undefined,
    joinUrl: undefined,
    emailDomains: [],
    description: undefined,
    logoUrl: undefined,
  };
}

async function askMesh({ askOcm, allowInsecure }: RecogniseParts, text: string) {
  try {
    const place = readOcmPlace(cloudAt(text.trim()), allowInsecure);
    return { place, said: await askOcm(place) };
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

async function attempt<T>(work: Promise<T>): Promise<{ found?: T; failure?: unknown }> {
  try {
    return { found: await work };
  } catch (failure) {
    return { failure };
  }
}
