/**
 * What this cloud demands of messages: nothing is verified, or signatures that are there, or every message has to be
 * signed (open-cloud-mesh.md 10.4).
 */
export type SignaturePolicy = 'off' | 'opportunistic' | 'required';

/** True when an unsigned message is refused: always, or from a peer that is known to sign (OCM-01). */
export function mustBeSigned(policy: SignaturePolicy, isKnownToSign: boolean): boolean {
  return policy === 'required' || (policy === 'opportunistic' && isKnownToSign);
}
