import { isFailure, type Clock, type PeerId } from '../../../kernel/index.js';
import {
  createSignatureVerifier,
  readSignature,
  type MessageSigner,
  type ReceivedRequest,
  type SeenSignatures,
  type SignaturePolicy,
} from '../../../http-signatures/index.js';
import type { OcmRecord } from '../discovery/record.js';
import type { KnownServers } from '../servers/known-servers.js';
import type { OcmServer } from '../wording/address.js';

/** What is known of how a peer signs. */
export interface SigningPeer {
  readonly id: PeerId;
  readonly ocm: SigningTerms | undefined;
}

/** Whether a peer signs, and which policy it falls under. */
export interface SigningTerms {
  /** A policy for this peer alone; undefined: that of this cloud. */
  readonly signatures: SignaturePolicy | undefined;
  /** When its first signed message came, milliseconds; undefined before. */
  readonly signsSince: number | undefined;
}

/** What {@link OcmVerifier} needs. */
export interface OcmVerifierParts {
  readonly clock: Clock;
  readonly servers: Pick<KnownServers, 'recordOf' | 'keysOf'>;
  /** Remembers accepted signatures: the nonce store of this cloud. */
  readonly seen: SeenSignatures;
  /** `FOOTBRIDGE_OCM_SIGNATURES`. */
  readonly policy: SignaturePolicy;
  /** Is told of the first message of a peer whose signature was right. */
  readonly onFirstSigned: (peerId: PeerId, at: number) => Promise<void>;
}

/**
 * Finds out who signed a message of Open Cloud Mesh, by the policy of this cloud or of the peer (open-cloud-mesh.md
 * 10.4).
 */
export class OcmVerifier {
  readonly #parts: OcmVerifierParts;

  constructor(parts: OcmVerifierParts) {
    this.#parts = parts;
  }

  /**
   * Who signed a message that may be one of these servers'; undefined for an unsigned one where that is allowed, and
   * where nothing is verified. Throws as `SignatureVerifier` does (OCM-01, OCM-02, OCM-03), and as `KnownServers` does
   * when a key has to be fetched. The caller has checked before that the servers are trusted, since they are asked for
   * keys (OCM-04).
   */
  async verify(
    request: ReceivedRequest,
    servers: readonly OcmServer[],
    peer: SigningPeer | undefined,
  ): Promise<MessageSigner | undefined> {
    const signer = await this.#withFreshKeys(request, servers, () => this.#verified(request, servers, peer?.ocm));
    if (signer !== undefined && peer?.ocm !== undefined && peer.ocm.signsSince === undefined)
      await this.#parts.onFirstSigned(peer.id, this.#parts.clock.now());
    return signer;
  }

  #verified(request: ReceivedRequest, servers: readonly OcmServer[], terms: SigningTerms | undefined) {
    const { clock, seen, policy } = this.#parts;
    const verifier = createSignatureVerifier({ clock, seen, keys: this.#parts.servers.keysOf(servers) });
    return verifier.verify(request, {
      hosts: servers.map(({ host }) => host),
      policy: terms?.signatures ?? policy,
      isKnownToSign: terms?.signsSince !== undefined,
    });
  }

  /**
   * Verifies, and once more if the server has a new key now: in the draft a new key can have the same id
   * (open-cloud-mesh.md 3.2).
   */
  async #withFreshKeys<T>(
    request: ReceivedRequest,
    servers: readonly OcmServer[],
    verify: () => Promise<T>,
  ): Promise<T> {
    try {
      return await verify();
    } catch (error) {
      const isOfDraft = isFailure(error, 'unauthenticated') && readSignature(request).kind === 'cavage';
      if (isOfDraft && (await this.#hasNewKey(servers))) return verify();
      throw error;
    }
  }

  async #hasNewKey(servers: readonly OcmServer[]): Promise<boolean> {
    for (const server of servers) {
      if ((await this.#pemOf(server)) !== (await this.#pemOf(server, true))) return true;
    }
    return false;
  }

  async #pemOf(server: OcmServer, isFresh = false): Promise<string | undefined> {
    try {
      const { publicKey }: OcmRecord = await this.#parts.servers.recordOf(server, isFresh);
      return publicKey && `${publicKey.keyId} ${publicKey.pem}`;
    } catch (error) {
      if (isFailure(error)) return undefined;
      throw error;
    }
  }
}
