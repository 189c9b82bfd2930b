import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', '..', 'src');

/** What people's texts are called in the source. */
const TEXTS = 'name|text|comment|subject|title|label|note|wanted|claimed|value|sentence|message';
const COUNTED = new RegExp(
  String.raw`\b(?:\w*(?:${TEXTS.replace(/\b\w/g, (first) => `[${first}${first.toUpperCase()}]`)}))\.(?:slice\(0,|substring\(|substr\(|length\s*[<>])`,
);

/** Texts of programs, and bounds on memory: nobody reads what is cut or counted there. Each with what it is. */
const NOT_FOR_PEOPLE: Readonly<Record<string, string>> = {
  'federation/storage-apis/stacksync-v2/wire.ts': 'the longest name and time that are read',
  'federation/cloudspaces/fields.ts': 'ids',
  'federation/ocm/wording/address.ts': 'addresses, parted at the sign',
  'http-signatures/keys.ts': 'numbers of keys, base64url',
  'http-signatures/structured-fields.ts': 'fields of headers, ASCII',
  'peers/peer/web-origins.ts': 'origins, printable ASCII',
  'doors/door/json.ts': 'pieces of an answer',
  'doors/dav/xml/writer.ts': 'pieces of an answer',
  'webdav/dates.ts': 'digits of a year',
  'webdav/xml/reader.ts': 'a bound on memory',
  'doors/pages/frame/way-cookie.ts': 'addresses, ASCII',
  'doors/pages/frame/way-back.ts': 'addresses, ASCII',
  'clients/callback.ts': 'addresses, ASCII',
  'deliveries/claims.ts': 'rows',
  'federation/storage-apis/stacksync-v2/desk-wire.ts': 'a list',
  'kernel/names.ts': 'parted at a dot',
  'kernel/email.ts': 'parted at the sign',
};

it('people’s texts are cut and counted in kernel/text.ts alone (F-30)', () => {
  const found: string[] = [];
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file === 'kernel/text.ts' || file in NOT_FOR_PEOPLE) continue;
    const lines = readFileSync(join(SRC, file), 'utf8').split('\n');
    for (const [index, line] of lines.entries())
      if (COUNTED.test(line)) found.push(`${file}:${String(index + 1)} ${line.trim()}`);
  }
  expect(found, 'use cutText, freeText and characterCount').toEqual([]);
});
