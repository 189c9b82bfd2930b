import { z } from 'zod';
import { withoutTrailing } from '../../kernel/index.js';

const Address = z.url();

/** The document at `/.well-known/cloudspaces`, as this cloud writes it (cloudspaces-interop.md 1). */
export const WellKnown = z
  .object({
    name: z.string().meta({ description: 'How the cloud calls itself.' }),
    protocol_versions: z.array(z.string()),
    transport_share: z.literal('server-post').meta({ description: 'How it takes proposals.' }),
    endpoint_share: Address,
    endpoint_unshare: Address,
    endpoint_credentials: Address,
    storage_apis: z.array(z.object({ storage_api: z.string(), base: Address })),
    endpoint_join: Address.optional().meta({ description: 'Where other clouds may ask to join.' }),
    email_domains: z.array(z.string()).optional().meta({ description: 'Whose people live here.' }),
    logo: Address.meta({ description: 'Its picture.' }),
    return_url: Address.meta({ description: 'Where people go after they have accepted.' }),
  })
  .meta({ id: 'WellKnown', description: 'The endpoints of a cloud.' });
export type WellKnown = z.infer<typeof WellKnown>;

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
export function wellKnown({ name, publicUrl, apiPrefix, emailDomains = [], joins = false }: WellKnownParts): WellKnown {
  const at = (path: string): string => `${withoutTrailing(publicUrl, '/')}/${path.replace(/^\/+/, '')}`;
  return {
    name,
    protocol_versions: ['1.0'],
    transport_share: 'server-post',
    endpoint_share: at('interop/share'),
    endpoint_unshare: at('interop/unshare'),
    endpoint_credentials: at('interop/credentials'),
    storage_apis: [{ storage_api: 'stacksync-v2', base: at(apiPrefix) }],
    ...(joins && { endpoint_join: at('interop/join') }),
    ...(emailDomains.length > 0 && { email_domains: [...emailDomains] }),
    logo: at('assets/logo.png'),
    return_url: at('shares'),
  };
}
