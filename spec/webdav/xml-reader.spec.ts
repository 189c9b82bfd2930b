import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/kernel/index.js';
import {
  childNamed,
  dav,
  elementsIn,
  readXml,
  readXmlParts,
  textOf,
  XML_LIMITS,
  type XmlElement,
  type XmlLimits,
} from '../../src/webdav/index.js';

async function* inPieces(document: string | Buffer, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(document as string);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const codeOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'read',
    (error: unknown) => (isFailure(error) ? error.code : String(error)),
  );

const SMALL: XmlLimits = { bytes: 10_000, depth: 4, elements: 5, parts: 3, piece: 100 };

async function partsOf(document: string, limits: Partial<XmlLimits> = {}): Promise<XmlElement[]> {
  const parts: XmlElement[] = [];
  await readXmlParts(inPieces(document), { limits: { ...SMALL, ...limits }, take: (part) => void parts.push(part) });
  return parts;
}

describe('a document', () => {
  it('is read by namespaces, whatever its prefixes, its pieces and its encoding', async () => {
    const text =
      '<?xml version="1.0"?><x:a xmlns:x="DAV:" xml:lang="de"><b xmlns="DAV:" c="1">Ä &lt;&#x1F600;</b></x:a>';
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    for (const document of [text, wide]) {
      for (const size of [1, 3, 1_000]) {
        const root = await readXml(inPieces(document, size));
        expect(root).toMatchObject({ ...dav('a'), language: 'de' });
        const child = childNamed(root as XmlElement, dav('b')) as XmlElement;
        expect(textOf(child)).toBe('Ä <😀');
        expect(child.attributes).toEqual([{ namespace: '', name: 'c', value: '1' }]);
        expect(child.language).toBe('de');
      }
    }
  });

  it('is nothing when it is empty', async () => {
    expect(await readXml(inPieces(''))).toBeUndefined();
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['an unknown entity', '<a>&e;</a>'],
    ['an unbound prefix', '<d:a/>'],
    ['a prefix bound to nothing', '<a xmlns:d=""/>'],
    ['an attribute given twice', '<a b="1" b="2"/>'],
    ['no end', '<a>'],
    ['two roots', '<a/><b/>'],
    ['text behind it', '<a/>b'],
    ['a control character', '<a>\u0001</a>'],
    ['a control character by its number', '<a>&#1;</a>'],
    ['a surrogate by its number', '<a>&#xd800;</a>'],
    ['a sign of a tag in a value', '<a b="<"/>'],
    ['nesting beyond its limit', '<a>'.repeat(33)],
    ['elements beyond their limit', `<a>${'<b/>'.repeat(1_000)}</a>`],
  ])('DAV-01 is refused for %s', async (_what, document) => {
    expect(await codeOf(readXml(inPieces(document)))).toBe('invalid');
  });

  it('DAV-01 is refused in other encodings, and beyond its bytes', async () => {
    expect(await codeOf(readXml(inPieces('<?xml version="1.0" encoding="latin1"?><a/>')))).toBe('unsupported-type');
    expect(await codeOf(readXml(inPieces(Buffer.from('<a/>', 'utf16le'))))).toBe('unsupported-type');
    expect(await codeOf(readXml(inPieces(Buffer.from([0x3c, 0x61, 0xff, 0x2f, 0x3e]))))).toBe('invalid');
    expect(await codeOf(readXml(inPieces(' '.repeat(XML_LIMITS.bytes + 1), 65_536)))).toBe('too-large');
  });
});

describe('a document in parts', () => {
  it('hands over what stands in its root, one by one, and keeps none of it', async () => {
    const taken: string[] = [];
    const document = '<a>stray<b><c>1</c></b>\n<b><c>2</c></b>stray</a>';
    const take = (part: XmlElement): void => void taken.push(part.name, ...elementsIn(part).map(textOf));
    const root = await readXmlParts(inPieces(document), { limits: SMALL, take });
    expect(taken).toEqual(['b', '1', 'b', '2']);
    expect(root).toMatchObject({ name: 'a', children: [] });
  });

  it('counts elements anew in each part', async () => {
    expect(await partsOf(`<a>${'<b><c/><c/><c/></b>'.repeat(3)}</a>`)).toHaveLength(3);
    expect(await codeOf(partsOf(`<a><b>${'<c/>'.repeat(6)}</b></a>`))).toBe('invalid');
  });

  it.each([
    ['too many parts', '<a><b/><b/><b/><b/></a>'],
    ['a text that is too long', `<a><b>${'x'.repeat(101)}</b></a>`],
    ['a text that never ends', `<a><b>${'x'.repeat(9_000)}`],
    ['a tag that never ends', `<a><b ${'c="" '.repeat(2_000)}`],
    ['a name that never ends', `<a><${'b'.repeat(9_000)}`],
    ['instructions without end', `<a>${'<?x ?>'.repeat(1_600)}`],
  ])('DC-37 is broken off by %s', async (_what, document) => {
    expect(await codeOf(partsOf(document))).toBe('invalid');
  });

  it('DC-36 reads any number of quoted tags', async () => {
    const response = '<b><c>&quot;6a5b&quot;</c></b>';
    const parts = await partsOf(`<a>${response.repeat(5_000)}</a>`, { bytes: 1_000_000, parts: 5_000 });
    expect(parts).toHaveLength(5_000);
    expect(parts.every((part) => elementsIn(part).map(textOf).join() === '"6a5b"')).toBe(true);
  });

  it('ends with what the taker throws', async () => {
    const take = (): never => {
      throw new Error('enough');
    };
    expect(await codeOf(readXmlParts(inPieces('<a><b/></a>'), { limits: SMALL, take }))).toBe('invalid');
  });
});
