import type { Request } from 'express';

/** Where a bare secret may travel: over TLS, here or at a trusted proxy, and anywhere in a trial (OAU-02). */
export function secureIn(isTrial: boolean): (http: Request) => boolean {
  return (http) => isTrial || http.secure;
}
