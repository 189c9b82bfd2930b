import * as tls from 'node:tls';

/** The authorities that this machine trusts, and `extra` (PEM) besides: what naming one's own would replace. */
export function authoritiesBeside(extra: string): string[] {
  return [...systemAuthorities(), extra];
}

/** Newer releases of Node.js tell which ones they trust, those of NODE_EXTRA_CA_CERTS included. */
function systemAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (kind: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
