import { type Cited, lists } from './pages.js';

const NUMBER = String.raw`\d+(?:\.\d+)*`;

/** `cloudspaces-interop.md 3 to 7`, `reliability.md section 4, safety`, `product.md, "States"`, `rulings.md`. */
const PLACE = new RegExp(
  String.raw`\b([a-z0-9-]+\.md)(?:,? (?:sections? )?(${NUMBER}(?:(?:, | and | to )${NUMBER})*))?((?:, (?:"[^"]+"|steps? \d+(?: (?:and|to) \d+)?|defect \d+|side [AB]|[\w-]+(?: rules)?)(?!\.md)(?=[),.;:]|$))*)`,
  'g',
);

/** One place in a document that a text cites. */
export interface Place {
  /** As it stands in the text. */
  readonly words: string;
  readonly page: string;
  readonly sections: readonly string[];
  /** Steps, words or quoted titles within the section, or within the document. */
  readonly parts: readonly string[];
}

/** Every place that a text cites by the name of a document. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(PLACE)].map(([words, page = '', numbers = '', parts = '']) => ({
    words,
    page,
    sections: spread(numbers),
    parts: parts.split(', ').filter((part) => part !== ''),
  }));
}

/** `3 to 5` is 3, 4 and 5. */
function spread(numbers: string): string[] {
  return numbers
    .split(/, | and /)
    .filter((each) => each !== '')
    .flatMap((each) => {
      const [from = '', to] = each.split(' to ');
      if (to === undefined) return [from];
      return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => String(Number(from) + index));
    });
}

/** What is wrong with a cited place; undefined when a reader finds it. */
export function lostPlace(place: Place, pages: ReadonlyMap<string, Cited>): string | undefined {
  const cited = pages.get(place.page);
  if (cited === undefined) return `there is no ${place.page} in docs/contracts or docs/design`;
  const missing = place.sections.filter((number) => cited.section(number) === undefined);
  if (missing.length > 0) return `${place.page} has no section ${missing.join(', ')}`;
  const text = place.sections.length === 0 ? cited.whole : place.sections.map((each) => cited.section(each)).join('\n');
  const unheard = place.parts.filter((part) => !holds(text, part));
  return unheard.length === 0 ? undefined : `${place.page} does not say ${unheard.join(', ')} there`;
}

function holds(text: string, part: string): boolean {
  const numbers = /^(?:steps?|defect) (.*)$/.exec(part)?.[1];
  if (numbers !== undefined) return spread(numbers).every((number) => lists(text, number));
  return text.toLowerCase().includes(part.replaceAll('"', '').toLowerCase());
}
