import { expect, it } from 'vitest';
import { eachDatabase } from '../../support/each-database.js';
import { ADA } from '../../support/seeds.js';
import { openPopulatedPages, signIn } from './pages-app.js';

eachDatabase((bench) => {
  it('a parameter that no database can hold names nothing: 404 at every page, 400 at most in a query (F-47)', async () => {
    const pages = await openPopulatedPages(await bench.open());
    const browser = await signIn(pages, ADA);
    const gets = pages.rows.filter(({ method }) => method === 'GET').map(({ path }) => path);
    const withParams = gets.filter((path) => path.includes(':'));
    expect(withParams.length).toBeGreaterThan(10);
    for (const path of withParams) {
      for (const value of ['a%00b', '%00', '1%00', 'a%0Ab']) {
        const { status } = await browser.get(path.replace(/:\w+/g, value));
        expect([path, value, status]).toEqual([path, value, 404]);
      }
    }
    for (const query of [
      'share=%00',
      'person=a%00',
      'peer=%00b',
      'before=9999999999999999999.share.1',
      'after=%00',
      'after=MQBh.1',
      'before=MWE.9999999999999999999',
    ]) {
      for (const path of ['/admin/audit', '/admin/deliveries', '/files', '/shares'])
        expect([path, query, (await browser.get(`${path}?${query}`)).status < 500]).toEqual([path, query, true]);
    }
  });
});
