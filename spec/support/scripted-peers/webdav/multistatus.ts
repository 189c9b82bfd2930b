import { extname } from 'node:path';
import type { Entry } from './disk.js';
import type { Quirks } from './quirks.js';

const TYPES: Readonly<Record<string, string>> = { '.txt': 'text/plain', '.html': 'text/html', '.png': 'image/png' };

/** What a server tells of one entry. */
export interface Told {
  readonly path: string;
  readonly entry: Entry;
  readonly tag: string | undefined;
  /** The letters of ownCloud. */
  readonly letters: string;
}

/** Writes a 207 as a server of these quirks does. `base`: what stands before each path. */
export function multistatus(told: readonly Told[], base: string, quirks: Quirks): string {
  const name = named(quirks);
  const prefix = quirks.prefix === '' ? 'xmlns' : `xmlns:${quirks.prefix}`;
  const spaces = quirks.ownCloud ? ' xmlns:oc="http://owncloud.org/ns"' : '';
  const responses = told.map((each) => response(each, base, quirks)).join('');
  return `<?xml version="1.0" encoding="utf-8"?>\n<${name('multistatus')} ${prefix}="DAV:"${spaces}>${responses}</${name('multistatus')}>`;
}

/** A 207 that says that what was asked for is missing. */
export function missing(href: string, quirks: Quirks): string {
  const name = named(quirks);
  return `<${name('multistatus')} xmlns:${quirks.prefix}="DAV:"><${name('response')}><${name('href')}>${escape(href)}</${name('href')}><${name('status')}>HTTP/1.1 404 Not Found</${name('status')}></${name('response')}></${name('multistatus')}>`;
}

function response({ path, entry, tag, letters }: Told, base: string, quirks: Quirks): string {
  const name = named(quirks);
  const isFolder = entry.content === undefined;
  const props = [
    `<${name('resourcetype')}>${isFolder ? `<${name('collection')}/>` : ''}</${name('resourcetype')}>`,
    `<${name('getlastmodified')}>${dateIn(entry.changedAt, quirks)}</${name('getlastmodified')}>`,
    ...(isFolder && !quirks.sizedFolders ? [] : [sizeOf(entry, name)]),
    ...(tag === undefined ? [] : [`<${name('getetag')}>${escape(tag)}</${name('getetag')}>`]),
    ...(isFolder || !quirks.types ? [] : [`<${name('getcontenttype')}>${typeOf(path)}</${name('getcontenttype')}>`]),
    ...(quirks.ownCloud
      ? [`<oc:fileid>${String(entry.id)}</oc:fileid><oc:permissions>${letters}</oc:permissions>`]
      : []),
  ];
  const href = hrefOf(path, isFolder, base, quirks);
  const found = `<${name('propstat')}><${name('prop')}>${props.join('')}</${name('prop')}><${name('status')}>HTTP/1.1 200 OK</${name('status')}></${name('propstat')}>`;
  const rest = `<${name('propstat')}><${name('prop')}><${name('quota-available-bytes')}/></${name('prop')}><${name('status')}>HTTP/1.1 404 Not Found</${name('status')}></${name('propstat')}>`;
  return `<${name('response')}><${name('href')}>${escape(href)}</${name('href')}>${found}${rest}</${name('response')}>`;
}

function sizeOf({ content }: Entry, name: (local: string) => string): string {
  return `<${name('getcontentlength')}>${String(content?.length ?? 4096)}</${name('getcontentlength')}>`;
}

/** The type of a content, by its name. */
export function typeOf(path: string): string {
  return TYPES[extname(path)] ?? 'application/octet-stream';
}

function hrefOf(path: string, isFolder: boolean, base: string, { hrefs }: Quirks): string {
  const escaped = path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`))
    .join('/');
  const whole = base + (isFolder && !escaped.endsWith('/') ? `${escaped}/` : escaped);
  if (hrefs === 'upper') return whole.replace(/%[0-9a-f]{2}/gi, (escape_) => escape_.toUpperCase());
  const lower = whole.replace(/%[0-9a-f]{2}/gi, (escape_) => escape_.toLowerCase());
  return hrefs === 'lower'
    ? lower
    : lower.replaceAll('%2b', '+').replaceAll('%3b', ';').replaceAll('%28', '(').replaceAll('%29', ')');
}

/** A date as a server of these quirks writes it. */
export function dateIn(at: number, { dates }: Quirks): string {
  const date = new Date(at);
  const [day = '', dayOfMonth = '', month = '', year = '', time = ''] = date.toUTCString().replace(',', '').split(' ');
  switch (dates) {
    case 'rfc 1123':
      return date.toUTCString();
    case 'rfc 850':
      return `${LONG_DAYS[date.getUTCDay()] ?? ''}, ${dayOfMonth}-${month}-${year.slice(2)} ${time} GMT`;
    case 'asctime':
      return `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${time} ${year}`;
    default:
      return date.toISOString();
  }
}

const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function named({ prefix }: Quirks): (local: string) => string {
  return (local) => (prefix === '' ? local : `${prefix}:${local}`);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
