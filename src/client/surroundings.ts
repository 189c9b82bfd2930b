/** How requests leave; the standard's own `fetch` is one. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

// What the client takes from wherever it runs, each of it replaceable by whoever uses it.

/** The `fetch` of this browser or Node.js. */
export const ownFetch: Fetch = (url, init) => fetch(url, init);

/** Milliseconds since the Unix epoch. */
export function ownTime(): number {
  return Date.now();
}

/** 32 unpredictable hexadecimal digits: letters and digits only, as old servers want (stacksync-api-v2.md 3.3). */
export function ownNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
