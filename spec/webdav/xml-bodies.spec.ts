import { describe, expect, it } from 'vitest';
import { childNamed, dav, elementsIn, readXml, textOf, XML_LIMITS, type XmlElement } from '../../src/webdav/index.js';
import type { FailureCode } from '../../src/kernel/index.js';

const D = 'xmlns:d="DAV:"';

async function read(text: string | Buffer, pieces = 7): Promise<XmlElement | undefined> {
  const bytes = Buffer.from(text);
  return readXml(
    (async function* () {
      for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
    })(),
  );
}

function refuses(text: string | Buffer, code: FailureCode) {
  return expect(read(text)).rejects.toMatchObject({ name: 'Failure', code });
}

describe('the XML reader', () => {
  it('reads names by their namespaces, whatever the prefixes, in any pieces', async () => {
    for (const pieces of [1, 3, 1000]) {
      const root = await read(
        `<?xml version="1.0"?><x:a xmlns:x="DAV:"><b xmlns="urn:b" c="1">t&amp;u</b></x:a>`,
        pieces,
      );
      expect(root).toMatchObject({ namespace: 'DAV:', name: 'a' });
      const [b] = elementsIn(root as XmlElement);
      expect(b).toMatchObject({
        namespace: 'urn:b',
        name: 'b',
        attributes: [{ namespace: '', name: 'c', value: '1' }],
      });
      expect(textOf(b as XmlElement)).toBe('t&u');
    }
  });

  it('knows the language in scope, the nearest first', async () => {
    const root = await read(`<d:a ${D} xml:lang="de"><d:b/><d:c xml:lang="fr"><d:e/></d:c></d:a>`);
    const [b, c] = elementsIn(root as XmlElement);
    expect([b?.language, c?.language, childNamed(c as XmlElement, dav('e'))?.language]).toEqual(['de', 'fr', 'fr']);
  });

  it('takes an empty body for none', async () => {
    expect(await read('')).toBeUndefined();
  });

  it('reads UTF-8 and UTF-16 by their marks, and says 415 to other encodings (DAV-01)', async () => {
    const text = `<d:ä ${D}>Žluť 𝄞</d:ä>`;
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const big = Buffer.from(little).swap16();
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), little, big]) {
      expect(textOf((await read(bytes)) as XmlElement)).toBe('Žluť 𝄞');
    }
    expect(await read(`<?xml version="1.0" encoding="UTF-8"?><d:a ${D}/>`)).toBeDefined();
    await refuses(`<?xml version="1.0" encoding="iso-8859-1"?><d:a ${D}/>`, 'unsupported-type');
    await refuses(Buffer.from(text, 'utf16le'), 'unsupported-type');
    await refuses(Buffer.from([0, 0, 0, 0x3c]), 'unsupported-type');
    await refuses(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), 'invalid');
  });

  it.each([
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><a>&b;</a>'],
    ['any document type', '<!DOCTYPE a><a/>'],
    ['an undefined entity', '<a>&nbsp;</a>'],
    ['an unbound prefix', '<d:a/>'],
    ['a prefix bound to nothing', '<a xmlns:x=""/>'],
    ['a double attribute', '<a b="1" b="2"/>'],
    ['two roots', '<a/><b/>'],
    ['no end', '<a>'],
    ['another end', '<a></b>'],
    ['text behind the root', '<a/>x'],
    ['a control character', '<a>\u0001</a>'],
    ['a control character by its number', '<a>&#1;</a>'],
    ['a smaller-than in a value', '<a b="<"/>'],
    ['no element', 'hello'],
  ])('says 400 to %s (DAV-01)', async (_what, text) => {
    await refuses(text, 'invalid');
  });

  it('stops at 32 levels, 1 000 elements and 256 KiB while it reads (DAV-01, DC-37)', async () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(await read(nested(XML_LIMITS.depth), 4096)).toBeDefined();
    await refuses(nested(XML_LIMITS.depth + 1), 'invalid');
    expect(await read(`<a>${'<b/>'.repeat(XML_LIMITS.elements - 1)}</a>`, 4096)).toBeDefined();
    await refuses(`<a>${'<b/>'.repeat(XML_LIMITS.elements)}</a>`, 'invalid');
    expect([XML_LIMITS.depth, XML_LIMITS.elements, XML_LIMITS.bytes]).toEqual([32, 1_000, 262_144]);
    await refuses(`<a>${' '.repeat(XML_LIMITS.bytes)}</a>`, 'too-large');
  });

  it('draws no more of a body than it takes to refuse it (DAV-01)', async () => {
    let drawn = 0;
    const endless = (async function* () {
      for (;;) {
        drawn += 1;
        yield Buffer.from('<a>'.repeat(100));
      }
    })();
    await expect(readXml(endless)).rejects.toMatchObject({ code: 'invalid' });
    expect(drawn).toBe(1);
  });

  it('takes any number of quotes in values and texts (DC-36)', async () => {
    const tags = '&quot;1&quot;'.repeat(10_000);
    expect(textOf((await read(`<a>${tags}</a>`, 4096)) as XmlElement)).toBe('"1"'.repeat(10_000));
  });
});
