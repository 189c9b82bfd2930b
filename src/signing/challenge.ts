/** The problem that a repeat of a request has which was taken before, in the words of OAuth Problem Reporting. */
const NONCE_USED = 'nonce_used';

/** The value of `WWW-Authenticate` beside a 401. A replay says so (F-87): its sender has only to sign afresh. */
export function challenge(isReplay: boolean): string {
  return isReplay ? `OAuth oauth_problem=${NONCE_USED}` : 'OAuth';
}

/** True for the 401 of a request that was taken before: a proxy on the way may have repeated it. Header values as they came. */
export function saysNonceUsed(authenticate: string | readonly string[] | null | undefined): boolean {
  const text = typeof authenticate === 'string' ? authenticate : (authenticate ?? []).join(', ');
  return /\boauth_problem="?nonce_used\b/i.test(text);
}
