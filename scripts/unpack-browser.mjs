/**
 * Unpacks the Chromium that the npm package @sparticuz/chromium carries, with the libraries and fonts it needs, and
 * prints where it is as one line of JSON: { executablePath, env }. A process of its own, because the package reads its
 * target folder and its idea of the platform from the environment when it is imported.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const manifest = path.resolve(path.dirname(require.resolve('@sparticuz/chromium')), '..', '..', 'package.json');
const cache = path.resolve(import.meta.dirname, '..', 'node_modules', '.cache', 'carried-browser');
const folder = path.join(cache, require(manifest).version);

// The package's own list of font folders has no place for a folder of our choosing.
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

if (!existsSync(folder)) await unpack();
const libraries = path.join(folder, 'al2023', 'lib');
const env = { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: path.join(folder, 'fonts') };
console.log(JSON.stringify({ executablePath: path.join(folder, 'chromium'), env }));

// Into a folder beside the final one, which appears only when it is whole; of two at once the second one's is dropped.
async function unpack() {
  mkdirSync(cache, { recursive: true });
  const next = mkdtempSync(path.join(cache, 'next-'));
  process.env.TMPDIR = next;
  process.env.AWS_LAMBDA_JS_RUNTIME = 'nodejs20.x'; // makes it bring its own copies of nss, nspr and expat
  const { default: chromium } = await import('@sparticuz/chromium');
  await chromium.executablePath();
  writeFileSync(path.join(next, 'fonts', 'fonts.conf'), FONTS);
  try {
    renameSync(next, folder);
  } catch (error) {
    rmSync(next, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
