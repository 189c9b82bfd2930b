import { describe, expect, it } from 'vitest';
import { citedPages, definitions, idsIn } from './citations/pages.js';
import { lostPlace, placesIn } from './citations/places.js';
import { commentsOf, filesAtTop, filesBelow, type Passage, passagesOf, withoutComments } from './citations/sources.js';

const NOT_BUILT = 'not built yet';

const sources = filesBelow(['src', 'migrations', 'spec', 'bench', 'scripts'], ['.ts', '.mjs', '.js']).filter(
  (file) => !file.startsWith('spec/fixtures/') && !file.startsWith('spec/architecture/citations'),
);
const comments = sources.flatMap(commentsOf);
/** Whole: messages of lint cite rules as comments do. */
const configuration = filesAtTop(['.js', '.cjs', '.ts', '.yml', 'Dockerfile']).flatMap(passagesOf);
const pages = ['docs/contracts', 'docs/design', 'docs/decisions', 'src'].flatMap((folder) =>
  filesBelow([folder], ['.md']).flatMap(passagesOf),
);
const views = filesBelow(['views'], ['.eta']).flatMap(passagesOf);
const titles = sources
  .filter((file) => file.startsWith('spec/'))
  .map((file): Passage => ({ at: file, text: withoutComments(file) }));

const defined = definitions();
const known = new Set(defined.map(({ id }) => id));

describe('what is cited by its id', () => {
  it('is defined once', () => {
    expect(known.size).toBeGreaterThan(200);
    const twice = defined.filter(({ id }, index) => defined.findIndex((other) => other.id === id) !== index);
    expect(twice.map(({ id, page }) => `${id} in ${page}`)).toEqual([]);
  });

  it.each([
    ['comments', comments],
    ['titles of tests', titles],
    ['documents', pages],
    ['views', views],
    ['files of configuration', configuration],
  ])('is defined where %s cite it', (_where, passages) => {
    const lost = passages.flatMap(({ at, text }) =>
      idsIn(text).flatMap((id) => (known.has(id) ? [] : [`${at}: ${id}`])),
    );
    expect(lost).toEqual([]);
  });

  it('stands in the document that is named beside it', () => {
    const named =
      /\b(threat model|rulings?|[a-z0-9-]+\.md) ((?:[A-Z0-9]+-\d{2}|[GK]\d{1,2})(?:(?:, | and | to )(?:[A-Z0-9]+-\d{2}|[GK]\d{1,2}))*)/g;
    const where = new Map(defined.map(({ id, page }) => [id, page]));
    const strayed = [...comments, ...pages, ...configuration].flatMap(({ at, text }) =>
      [...text.matchAll(named)].flatMap(([, document = '', ids = '']) => {
        const page = `docs/design/${PAGES[document] ?? document}`;
        return idsIn(ids).flatMap((id) => (where.get(id) === page ? [] : [`${at}: ${document} ${id}`]));
      }),
    );
    expect(strayed).toEqual([]);
  });
});

const PAGES: Readonly<Record<string, string>> = {
  'threat model': 'threat-model.md',
  ruling: 'rulings.md',
  rulings: 'rulings.md',
};

describe('what is owed', () => {
  const tested = new Set(titles.flatMap(({ text }) => idsIn(text)));
  /** Rules that rows spell out, and points of a fault matrix that random kills meet, have no tests of their own. */
  const rows = defined.filter(({ id }) => /-/.test(id));

  it('has a test with its id in the title, unless it says that it is not built yet', () => {
    const open = rows.filter(({ id, text }) => !tested.has(id) && !text.includes(NOT_BUILT));
    expect(open.map(({ id }) => id)).toEqual([]);
  });

  it('does not say that it is not built once there is such a test', () => {
    const built = rows.filter(({ id, text }) => tested.has(id) && text.includes(NOT_BUILT));
    expect(built.map(({ id }) => id)).toEqual([]);
  });
});

describe('what is cited by its section', () => {
  const documents = citedPages();

  it('is there, with the step or the words that are cited of it', () => {
    const places = comments.flatMap(({ at, text }) => placesIn(text).map((place) => ({ at, place })));
    const ours = places.filter(({ place }) => !OPEN_TO_ALL.has(place.page));
    expect(ours.length).toBeGreaterThan(150);
    const lost = ours.flatMap(({ at, place }) => {
      const why = lostPlace(place, documents);
      return why === undefined ? [] : [`${at}: ${place.words}: ${why}`];
    });
    expect(lost).toEqual([]);
  });

  it('of another of these documents is there too', () => {
    const lost = pages.flatMap(({ at, text }) =>
      placesIn(text).flatMap((place) => {
        const why = documents.has(place.page) ? lostPlace(place, documents) : undefined;
        return why === undefined ? [] : [`${at}: ${place.words}: ${why}`];
      }),
    );
    expect(lost).toEqual([]);
  });

  it.each([
    ['a decision', /\bdecisions? (\d{4})\b/g, filesBelow(['docs/decisions'], ['.md'])],
    ['a step of the schema', /\bsteps? (\d{4})\b/g, filesBelow(['migrations'], ['.ts'])],
  ])('or by its number is there: %s', (_what, number, files) => {
    const cited = comments.flatMap(({ at, text }) => [...text.matchAll(number)].map((match) => ({ at, match })));
    expect(cited.length).toBeGreaterThan(1);
    const lost = cited.filter(({ match }) => !files.some((file) => file.includes(`/${match[1] ?? ''}-`)));
    expect(lost.map(({ at, match }) => `${at}: ${match[0]}`)).toEqual([]);
  });

  it('is cited with the name of its document', () => {
    const section = /(?:§ ?|\b(?:sections?|contracts?) )\d/gi;
    const vague = [...comments, ...views].flatMap(({ at, text }) =>
      [...text.matchAll(section)].flatMap(({ index }) =>
        DOCUMENT.test(text.slice(0, index)) ? [] : [`${at}: ${text}`],
      ),
    );
    expect(vague).toEqual([]);
  });

  it('of an RFC names its number', () => {
    const nameless = comments.filter(({ text }) => /\bRFCs? (?!\d{3,5}(?:bis)?\b)/.test(text));
    expect(nameless.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
  });
});

/** Pages for those who run or extend a cloud, and of other makes: they are named, not cited. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set([
  'settings.md',
  'operators.md',
  'client.md',
  'joining.md',
  'README.md',
]);

/** What a section may follow: a page of ours, or the name of a standard. */
const DOCUMENT = /(?:\.md,?|\b(?:RFC \d+|OAuth [A-Z][\w .]*\d|CSP \d),?) $/;
