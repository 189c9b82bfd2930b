import { crc32, deflateSync } from 'node:zlib';

/** Files by their paths, folders before what is in them. */
export type Belongings = ReadonlyMap<string, Buffer | 'folder'>;

const NOTES = `Summer house

- The carpenter comes on the 12th, bring the measurements.
- Bo knows somebody with a trailer.
- Paint: the green of the old shutters (see colours.png).
`;

const BUDGET = ['item,cost', 'timber,1840.00', 'paint,212.50', 'windows,2990.00', 'trailer,0.00', ''].join('\n');

/** What Ana keeps in her cloud before the story begins. */
export function anasBelongings(): Belongings {
  return new Map<string, Buffer | 'folder'>([
    ['Plans', 'folder'],
    ['Plans/notes.txt', Buffer.from(NOTES)],
    ['Plans/budget.csv', Buffer.from(BUDGET)],
    ['Plans/colours.png', drawPicture(240, 160)],
    ['Plans/floor plan.pdf', writePdf('Summer house, ground floor')],
    ['Plans/Letters', 'folder'],
    ['Plans/Letters/to the carpenter.txt', Buffer.from('Dear Ms. Diaz,\nthe 12th suits us well.\nAna\n')],
    ['Photos', 'folder'],
    ['Photos/lake.png', drawPicture(320, 200)],
    ['Photos/read me.txt', Buffer.from('Taken from the footbridge, early in the morning.\n')],
    ['Diary', 'folder'],
    ['Diary/november.txt', Buffer.from('Only for me.\n')],
  ]);
}

/** A picture in two soft colours, as PNG. */
function drawPicture(width: number, height: number): Buffer {
  const rows = Array.from({ length: height }, (_, y) => [
    0,
    ...Array.from({ length: width }, (__, x) => colour(x, y)).flat(),
  ]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.from(rows.flat()));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function colour(x: number, y: number): number[] {
  const wave = Math.sin(x / 24) * 12 + 90;
  return y < wave ? [150 + (y % 60), 205, 225] : [40, 120 - (y % 50), 110];
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** One page with a line of text, as PDF. */
function writePdf(line: string): Buffer {
  const stream = `BT /F1 18 Tf 60 760 Td (${line}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${String(stream.length)} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${String(index + 1)} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = text.length;
  const size = String(objects.length + 1);
  text += `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return Buffer.from(`${text}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${String(start)}\n%%EOF\n`);
}
