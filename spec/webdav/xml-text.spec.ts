import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  elementsIn,
  escapeText,
  escapeValue,
  readXml,
  standAlone,
  textOf,
  type XmlElement,
} from '../../src/webdav/index.js';

async function read(text: string): Promise<XmlElement> {
  const root = await readXml(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
  if (root === undefined) throw new Error('nothing there');
  return root;
}

/** Without the language, which an element that stands alone says itself. */
function bare({ namespace, name, attributes, children }: XmlElement): object {
  return {
    namespace,
    name,
    attributes,
    children: children.map((child) => (typeof child === 'string' ? child : bare(child))),
  };
}

describe('an element that stands alone', () => {
  it.each([
    '<a/>',
    '<a xmlns="DAV:"><b xmlns=""/></a>',
    '<x:a xmlns:x="urn:x" xmlns:y="urn:y" y:k="&lt;&quot;&#10;"> t <y:b/>&amp;</x:a>',
    '<a xmlns:x="urn:x"><b x:c="1" c="2"/><x:b/></a>',
    '<p:a xmlns:p="urn:&quot;&amp;"/>',
  ])('means what it meant: %s', async (text) => {
    const element = await read(text);
    expect(bare(await read(standAlone(element)))).toEqual(bare(element));
    // And wherever it is put.
    const [inside] = elementsIn(await read(`<z xmlns:p1="urn:other" xmlns:d="DAV:">${standAlone(element)}</z>`));
    expect(bare(inside as XmlElement)).toEqual(bare(element));
  });

  it('says the language in whose scope it was', async () => {
    const [inside] = elementsIn(await read('<a xml:lang="de"><b>Brücke</b></a>'));
    expect(standAlone(inside as XmlElement)).toBe('<b xml:lang="de">Brücke</b>');
  });

  it('declares every namespace under a prefix of its own (DC-13)', async () => {
    const text = standAlone(
      await read('<a xmlns="urn:1"><b xmlns="urn:2"/><b xmlns="urn:3" xmlns:q="urn:4" q:x="1"/></a>'),
    );
    expect(bare(await read(text))).toEqual(
      bare(await read('<a xmlns="urn:1"><b xmlns="urn:2"/><b xmlns="urn:3" xmlns:q="urn:4" q:x="1"/></a>')),
    );
  });
});

describe('a text', () => {
  it('comes out of XML as it went in, and what XML cannot hold breaks nothing (CNT-03)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const root = await read(`<a b="${escapeValue(text)}">${escapeText(text)}</a>`);
        const kept = text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');
        expect(root.children.map((child) => (typeof child === 'string' ? child : '')).join('')).toBe(kept);
        expect(root.attributes[0]?.value).toBe(kept);
      }),
    );
  });

  it('has no way out of its element', async () => {
    const root = await read(`<a>${escapeText(']]></a><b/>')}</a>`);
    expect(textOf(root)).toBe(']]></a><b/>');
  });
});
