import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { ADA } from '../../support/seeds.js';
import { invitationView, proposalView } from './agreements.js';
import { openBrowserAt, openPopulatedPages, signIn, type Browser } from './pages-app.js';

const bench = sqliteBench();
const VIEWS = join(import.meta.dirname, '..', '..', '..', 'views');

async function open(publicUrl?: string) {
  const pages = await openPopulatedPages(await bench.open(), publicUrl);
  pages.agreements.invitations.set('1', invitationView());
  pages.agreements.proposals.set('1', proposalView());
  pages.agreements.recipients.add(pages.ada.id);
  return pages;
}

/** The pages to look at: every GET row, and what is not there. */
async function answersOf(pages: Awaited<ReturnType<typeof open>>, browser: Browser) {
  const paths = pages.rows.filter(({ method }) => method === 'GET').map(({ path }) => path.replace(/:\w+/g, '1'));
  const answers = [];
  for (const path of [...paths, '/nowhere', '/files/%zz', '/invitations/unknown']) {
    const { headers, type } = await browser.get(path);
    answers.push({ path, headers: headers as Record<string, string>, type });
  }
  return answers;
}

describe('the headers of pages', () => {
  it('WEB-04 forbid frames on every answer, errors too', async () => {
    const pages = await open();
    for (const browser of [await signIn(pages, ADA), openBrowserAt(pages)]) {
      for (const { path, headers } of await answersOf(pages, browser)) {
        expect(headers['x-frame-options'], path).toBe('DENY');
        const policy = String(headers['content-security-policy']);
        expect(policy.includes("frame-ancestors 'none'") || policy.includes('sandbox'), path).toBe(true);
        expect(headers['x-content-type-options'], path).toBe('nosniff');
      }
    }
  });

  it('allow nothing inline and nothing from elsewhere, and are no help to other origins (WEB-12)', async () => {
    const pages = await open();
    for (const { path, headers, type } of await answersOf(pages, await signIn(pages, ADA))) {
      if (type !== 'text/html') continue;
      const policy = String(headers['content-security-policy']);
      expect(policy, path).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy, path).not.toMatch(/unsafe|upgrade-insecure/);
      expect(headers['access-control-allow-origin'], path).toBeUndefined();
      expect(headers['cache-control'], path).toBe('no-store');
    }
  });

  it('PRO-15 keep the addresses of invitations, proposals and one-time links from being told', async () => {
    const pages = await open();
    const link = await pages.room.links.issue(pages.ana.id);
    const browser = await signIn(pages, ADA);
    for (const path of [
      '/invitations/1',
      '/interop/proposals/1',
      `/account/password/${link}`,
      '/invitations/unknown',
    ]) {
      const { headers } = await browser.get(path);
      expect(headers['referrer-policy'], path).toBe('no-referrer');
      expect(headers['cache-control'], path).toBe('no-store');
    }
    expect(pages.logged.join('\n')).not.toContain(link);
  });

  it('insist on https only where people come by https', async () => {
    const plain = await openBrowserAt(await open('http://localhost:4000')).get('/login');
    expect(plain.headers['strict-transport-security']).toBeUndefined();
    const secure = await openBrowserAt(await open('https://alder.example')).get('/login');
    expect(secure.headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
  });

  it('WEB-11 let no browser open an invitation, a proposal or a one-time link before somebody clicks', async () => {
    const pages = await open();
    const link = await pages.room.links.issue(pages.ana.id);
    const browser = await signIn(pages, ADA);
    for (const path of ['/invitations/1', '/interop/proposals/1', `/account/password/${link}`]) {
      for (const purpose of ['prefetch', 'prefetch;prerender', 'prefetch;anonymous-client-ip']) {
        expect((await browser.get(path).set('Sec-Purpose', purpose)).status, path).toBe(503);
      }
      expect((await browser.get(path)).status, path).toBe(200);
    }
  });
});

describe('the templates', () => {
  const pages = (readdirSync(VIEWS, { recursive: true }) as string[])
    .filter((file) => file.endsWith('.eta') && !file.startsWith('mail'))
    .map((file) => [file, readFileSync(join(VIEWS, file), 'utf8')] as const);

  it('hold no inline script, style or handler, and nothing from another host', () => {
    expect(pages.length).toBeGreaterThan(25);
    for (const [file, text] of pages) {
      expect(text, file).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=)/i);
      expect(text.replace('placeholder="https://cloud.example"', ''), file).not.toMatch(
        /(?:src|href|action)="(?:https?:)?\/\//,
      );
    }
  });

  it('send every form by POST with a token, but for those that only look something up and the one for another cloud', () => {
    // What only reads may be a GET, whose address can be kept and sent on: so it must hold no token.
    const reading: Readonly<Record<string, string>> = {
      'admin/audit.eta': 'action="/admin/audit"',
      'admin/shares.eta': 'action="/admin/shares"',
      'parts/list-start.eta': 'action="<%= it.path %>"',
    };
    const elsewhere: Readonly<Record<string, string>> = { 'invitations/carry.eta': 'action="<%= it.action %>"' };
    const found: string[] = [];
    for (const [file, text] of pages) {
      expect(text, file).not.toMatch(/\sform(?:method|action)=/);
      for (const form of text.match(/<form[\s\S]*?<\/form>/g) ?? []) {
        if (form.includes('method="get"')) {
          found.push(file);
          expect(form, file).toContain(reading[file] ?? 'the action of a form that is known to read only');
          expect(form, file).not.toMatch(/token/i);
          continue;
        }
        expect(form, file).toContain('method="post"');
        if (form.includes(elsewhere[file] ?? 'action="nowhere"')) continue;
        expect(form, file).toMatch(/name="token" value="<%= it\.(?:token\(|decisionToken)/);
      }
    }
    expect(found.toSorted()).toEqual(Object.keys(reading));
  });

  it('start a list elsewhere only on pages that list (F-83)', () => {
    for (const [file, text] of pages) {
      for (const [, where] of text.matchAll(/include\('@parts\/list-start', \{([^}]*)\}/g)) {
        // The clouds behind an invitation are listed at the address of the link, which is the page's own.
        const own =
          file === 'invitations/choose.eta' ? / path: it\.action, / : / path: '\/admin\/(?:apps|peers|people)', /;
        expect(where, file).toMatch(own);
      }
    }
  });

  it('PRO-08 leave nothing unescaped but names that are marked, other templates and fixed attributes', () => {
    for (const [file, text] of pages) {
      for (const [raw] of text.matchAll(/<%~[\s\S]*?%>/g)) {
        expect(raw, file).toMatch(
          /^<%~ (?:it\.(?:named|asIs)\([^<>%]*\) %>|include\('@(?:parts|docs)\/|it\.body %>|.*\? ' (?:class="here" )?aria-current="\w+"' : '' %>)/,
        );
      }
    }
  });

  it('let names stand on their own wherever text is, and go back into forms as they are (F-32)', () => {
    for (const [file, text] of pages.filter(([each]) => !each.startsWith('docs'))) {
      for (const { 0: found, 1: expression = '', index } of text.matchAll(/<%= ([^%]*?) %>/g)) {
        const before = text.slice(0, index).replace(/<%[\s\S]*?%>/g, '');
        if (before.lastIndexOf('<') > before.lastIndexOf('>')) {
          if (/<input\b[^>]*value="$/.test(before)) expect(expression, `${file}: ${found}`).toMatch(/token/i);
        } else expect(expression, `${file}: ${found}`).not.toMatch(/(?:\.name|[a-z]Name(?<!cloudName)|\.folder)$/);
      }
    }
  });
});

describe('the style sheet and scripts', () => {
  it('come from this cloud, with an address that changes with their content', async () => {
    const browser = openBrowserAt(await open());
    const page = await browser.get('/login');
    for (const [, href] of page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const answer = await browser.get(String(href));
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toContain('immutable');
      const again = await browser.get(String(href)).set('If-None-Match', String(answer.headers['etag']));
      expect(again.status).toBe(304);
    }
    expect((await browser.get('/assets/..%2flayout.eta')).status).toBe(404);
  });

  it('are one style sheet, of parts that follow each other in the order of their names', async () => {
    const browser = openBrowserAt(await open());
    const folder = join(VIEWS, 'assets/footbridge.css');
    const parts = readdirSync(folder).sort();
    expect(parts.length).toBeGreaterThan(1);
    const sheet = await browser.get('/assets/footbridge.css');
    expect(sheet.text).toBe(parts.map((part) => readFileSync(join(folder, part), 'utf8')).join('\n'));
    expect(sheet.text.indexOf('.top {')).toBeLessThan(sheet.text.indexOf('@media print'));
    expect((await browser.get(`/assets/footbridge.css/${String(parts[0])}`)).status).toBe(404);
  });
});
