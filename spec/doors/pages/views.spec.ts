import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkViews, isPart, viewNames } from './view-programs.js';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

describe('the views of pages', () => {
  const views = checkViews(ROOT);

  it('each have a model, and every model has its view', () => {
    expect(views.models).toEqual(viewNames(ROOT).filter((name) => name !== 'layout' && !isPart(name)));
  });

  it('use nothing that their model does not have, and show nothing that may be undefined', () => {
    expect(views.mistakes).toEqual([]);
  });

  it('use everything that their model has', () => {
    expect(views.unused).toEqual([]);
  });

  it('do not pass when one names what no model has, shows what may be missing, or forgets something', () => {
    const name = 'login/mailed';
    const text = readFileSync(path.join(ROOT, 'views', `${name}.eta`), 'utf8');
    const others = { [name]: `${text.replaceAll('it.signIn', 'it.singIn')}<%= it.wayBack %>` };
    const { mistakes, unused } = checkViews(ROOT, others);
    expect(mistakes).toEqual([
      expect.stringContaining(`${name}: Property 'singIn' does not exist`),
      expect.stringContaining(`${name}: Argument of type 'string | undefined'`),
    ]);
    expect(unused).toEqual([`${name}: signIn`]);
  });
});
