/**
 * `npm run docs:settings` writes docs/settings.md from the settings table (src/config/settings.ts).
 * With `--check` it writes nothing and exits 1 when the file does not say what the table says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';

const file = new URL('../docs/settings.md', import.meta.url);

register();
const { SETTINGS } = await import('../src/config/settings.ts');
const page = pageOf(Object.values(SETTINGS));

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
  console.log(`docs/settings.md: ${Object.keys(SETTINGS).length} settings`);
} else if (current() !== page) {
  console.error('docs/settings.md is older than src/config/settings.ts; run: npm run docs:settings');
  process.exitCode = 1;
}

function current() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function pageOf(settings) {
  const rows = settings.map(({ name, fallback, meaning }) => `| \`${name}\` | ${cell(fallback)} | ${cell(meaning)} |`);
  return `# Settings

Made by \`npm run docs:settings\` from \`src/config/settings.ts\`; change it there.

Settings are environment variables, read once when a command starts. An empty value counts as none; one that makes no
sense ends the command with a sentence that names it. Every setting has a default that works on one machine with
nothing installed but Node.js.

| setting | default | meaning |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** A table cell in one line; a bar would end it. */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
