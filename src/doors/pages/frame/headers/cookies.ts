import type { Request } from 'express';

/** The cookies of one cloud: cookies ignore ports, so two clouds on one host are told apart by name (WEB-09). */
export interface CookieNames {
  readonly session: string;
  /** Binds the forms of people who have not signed in. */
  readonly visitor: string;
  /** The cloud picked last on the selection page. */
  readonly choice: string;
  /** Where somebody goes on who has to choose a new password first. */
  readonly way: string;
}

/** Names with the `__Host-` prefix under https: no other host can plant them (WEB-09). */
export function cookieNames(publicUrl: URL): CookieNames {
  const prefix = isHttps(publicUrl) ? '__Host-' : '';
  const port = portOf(publicUrl);
  const name = (word: string): string => `${prefix}footbridge-${word}-${port}`;
  return { session: name('session'), visitor: name('visitor'), choice: name('choice'), way: name('way') };
}

/** The attributes of every cookie that we set. */
export function cookieAttributes(publicUrl: URL): { httpOnly: true; sameSite: 'lax'; secure: boolean; path: '/' } {
  return { httpOnly: true, sameSite: 'lax', secure: isHttps(publicUrl), path: '/' };
}

/** The value of a cookie; undefined when it is missing, or there twice with different values (cookie tossing). */
export function cookieOf(http: Request, name: string): string | undefined {
  const values = new Set(
    cookiePairs(http)
      .filter(([key]) => key === name)
      .map(([, value]) => value),
  );
  const [value] = values;
  return values.size === 1 ? value : undefined;
}

/** Takes a cookie that came twice with different values out of the request: nobody can say whose it is. */
export function dropTossedCookie(http: Request, name: string): void {
  const pairs = cookiePairs(http);
  if (!pairs.some(([key]) => key === name) || cookieOf(http, name) !== undefined) return;
  http.headers.cookie = pairs
    .filter(([key]) => key !== name)
    .map(([key, value]) => `${key}=${value}`)
    .join('; ');
}

function cookiePairs(http: Request): [string, string][] {
  return (http.headers.cookie ?? '').split(';').map((piece) => {
    const equals = piece.indexOf('=');
    return equals === -1 ? [piece.trim(), ''] : [piece.slice(0, equals).trim(), piece.slice(equals + 1).trim()];
  });
}

/** True when people reach this cloud by https. */
export function isHttps(publicUrl: URL): boolean {
  return publicUrl.protocol === 'https:';
}

function portOf(publicUrl: URL): string {
  if (publicUrl.port !== '') return publicUrl.port;
  return isHttps(publicUrl) ? '443' : '80';
}
