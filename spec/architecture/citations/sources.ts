import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

/** Text of this repository that may cite something, and where it stands. */
export interface Passage {
  /** `file:line`, for whoever has to mend it. */
  readonly at: string;
  readonly text: string;
}

/** Every file of some folders whose name ends as one of `ends`, by its path from the top of the repository. */
export function filesBelow(folders: readonly string[], ends: readonly string[]): string[] {
  const below = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : below(file);
      return ends.some((end) => entry.name.endsWith(end)) ? [file] : [];
    });
  return folders.flatMap(below);
}

/** The files at the top of the repository whose name ends as one of `ends`: what tools and machines are told. */
export function filesAtTop(ends: readonly string[]): string[] {
  const entries = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ name }) => name).filter((name) => ends.some((end) => name.endsWith(end)));
}

/** A file of the repository, as text. */
export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

// A comment begins a line or follows a blank, which addresses and patterns of files in strings do not.
const COMMENTS = /(?<=^|\s)(?:\/\*[\s\S]*?\*\/|\/\/ .*(?:\n\s*\/\/ .*)*)/g;

/** The comments of a source, each in one line; neighbouring line comments are one. */
export function commentsOf(file: string): Passage[] {
  const text = read(file);
  return [...text.matchAll(COMMENTS)].map((match) => ({
    at: `${file}:${String(text.slice(0, match.index).split('\n').length)}`,
    text: plain(match[0]),
  }));
}

function plain(comment: string): string {
  const lines = comment.replace(/^\/\*+|\*\/$/g, '').split('\n');
  return lines
    .map((line) => line.replace(/^\s*(?:\*|\/\/)/, '').trim())
    .join(' ')
    .trim()
    .replaceAll('`', '');
}

/** A source without its comments: what is left of a spec are titles, among code that names no ids. */
export function withoutComments(file: string): string {
  return read(file).replace(COMMENTS, '');
}

/** The paragraphs, rows and items of a page, without the marks of code. */
export function passagesOf(page: string): Passage[] {
  return read(page)
    .split('\n')
    .map((line, index) => ({ at: `${page}:${String(index + 1)}`, text: line.replaceAll('`', '') }));
}
