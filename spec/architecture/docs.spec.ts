import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/** What is made here and never committed (see .gitignore), and what others wrote. */
const NOT_OURS = /^(?:\.git|node_modules|dist|dist\..*|data|artifacts|coverage)$/;

const files = filesBelow('');
const pages = files.filter((file) => /^(?:docs\/.*|[^/]+)\.md$/.test(file));

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (NOT_OURS.test(file)) return [];
    return entry.isDirectory() ? filesBelow(file) : entry.isFile() ? [file] : [];
  });
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Everything that a pattern's first group finds, each as `file: what`. */
function found(file: string, pattern: RegExp, text = read(file)): { file: string; what: string }[] {
  return [...text.matchAll(pattern)].map(([, what = '']) => ({ file, what }));
}

const say = ({ file, what }: { file: string; what: string }): string => `${file}: ${what}`;

describe('the documents', () => {
  it('tell every setting as the table of settings has it', () => {
    const script = path.join(root, 'scripts', 'docs-settings.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('link to files and headings that are there', () => {
    const links = pages.flatMap((file) => found(file, /(?:\]\(|\b(?:src|href)=")([^)\s"]+)/g));
    const ours = links.filter(({ what }) => !/^(?:https?|mailto):/.test(what));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.filter((link) => !leadsSomewhere(link)).map(say)).toEqual([]);
  });

  it('name folders and files of this repository that are there', () => {
    const place = /`((?:src|spec|scripts|views|migrations|deploy|docs|bench)\/[\w./-]*)`/g;
    const named = pages.flatMap((file) => found(file, place));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ what }) => !existsSync(path.join(root, what))).map(say)).toEqual([]);
  });
});

function leadsSomewhere({ file, what }: { file: string; what: string }): boolean {
  const [target = '', heading] = what.split('#');
  const page = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
  if (!existsSync(path.join(root, page))) return false;
  return heading === undefined || headingsOf(read(page)).includes(heading);
}

/** Headings as the usual renderers name them in addresses. */
function headingsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) => words.toLowerCase());
  return headings.map((words) => words.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe('the dependencies', () => {
  const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', object>;
  const runtime = Object.keys(manifest.dependencies);
  const declared = [...runtime, ...Object.keys(manifest.devDependencies)].sort();
  const rows = [...read('docs/decisions/dependencies.md').matchAll(/^\| `(.+?)` \| (.+?) \| (.+?) \|$/gm)].map(
    ([, name = '', licence = '', reason = '']) => ({ name, licence, reason }),
  );

  it('have one line of reason each, and no line is left of one that went', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(declared);
    expect(rows.filter(({ reason }) => reason.split(' ').length < 4)).toEqual([]);
  });

  it('have the licence that the line says', () => {
    const wrong = rows.filter(({ name, licence }) => licence !== licenceOf(`node_modules/${name}`));
    expect(wrong).toEqual([]);
  });

  it('and what they bring along at run time are under permissive licences', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
    };
    const shipped = Object.entries(packages).filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true);
    const installed = shipped.map(([folder]) => folder).filter((folder) => folder !== '' && isInstalled(folder));
    expect(installed.length).toBeGreaterThan(runtime.length);
    const others = installed.filter((folder) => !isPermissive(licenceOf(folder)));
    expect(others.map((folder) => `${folder}: ${licenceOf(folder)}`)).toEqual([]);
  });
});

/** Binaries for other platforms are in the lock file only. */
function isInstalled(folder: string): boolean {
  return existsSync(path.join(root, folder, 'package.json'));
}

const PERMISSIVE = /^(?:MIT|MIT-0|ISC|BSD-2-Clause|BSD-3-Clause|0BSD|Apache-2\.0|BlueOak-1\.0\.0)$/;

/** One of several offered licences is enough. */
function isPermissive(licence: string): boolean {
  const offered = licence.replace(/^\(|\)$/g, '').split(' OR ');
  return offered.some((each) => PERMISSIVE.test(each));
}

/** As a package's own manifest says it, the old spelling included; an old one says it at the end of its Readme. */
function licenceOf(folder: string): string {
  const said = JSON.parse(read(`${folder}/package.json`)) as { license?: string; licenses?: { type: string }[] };
  const manifest = said.license ?? said.licenses?.map(({ type }) => type).join(' OR ');
  const readme = path.posix.join(folder, 'Readme.md');
  if (manifest !== undefined || !existsSync(path.join(root, readme))) return manifest ?? 'none';
  return read(readme).includes('(The MIT License)') ? 'MIT' : 'none';
}

describe('no committed text', () => {
  const texts = files.map((file) => ({ file, text: read(file) })).filter(({ text }) => !text.includes('\0'));

  it.each([
    ['a folder of the machine it was written on', /(?<![\w.~$:-])(\/(?:work|root|tmp\/b[a-z]+)\/)/g],
    ['the host of a package registry', /\b([\w-]+:\/\/[\w.-]*(?:registry|npmjs|artifactory|nexus)[\w.-]*)/gi],
    ['where a package was downloaded from', /("resolved" ?: "[^"]+")/g],
  ])('names %s', (_what, pattern) => {
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.flatMap(({ file, text }) => found(file, pattern, text)).map(say)).toEqual([]);
  });
});
