/** What our own `/.well-known/cloudspaces` is made of. */
export interface WellKnownParts {
  /** The name of this cloud. */
  readonly name: string;
  readonly publicUrl: string;
  /** Where the storage API is served, such as `/v1/`. */
  readonly apiPrefix: string;
  readonly emailDomains?: readonly string[] | undefined;
  /** Whether other clouds may ask to join at `/interop/join` (cloudspaces-interop.md 14). */
  readonly joins?: boolean | undefined;
}

/** The document at `/.well-known/cloudspaces` (cloudspaces-interop.md 1). */
export function wellKnown({ name, publicUrl, apiPrefix, emailDomains = [], joins = false }: WellKnownParts): object {
  const at = (path: string): string => `${publicUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  return {
    name,
    protocol_versions: ['1.0'],
    transport_share: 'server-post',
    endpoint_share: at('interop/share'),
    endpoint_unshare: at('interop/unshare'),
    endpoint_credentials: at('interop/credentials'),
    storage_apis: [{ storage_api: 'stacksync-v2', base: at(apiPrefix) }],
    ...(joins && { endpoint_join: at('interop/join') }),
    ...(emailDomains.length > 0 && { email_domains: emailDomains }),
    return_url: at('shares'),
  };
}
