import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { startCloud, type CloudProcess } from '../support/cloud-process.js';
import { ANA } from '../support/seeds.js';
import { PASSWORD } from './support/people.js';

const reason = await browserReason();
const ROOT = path.resolve(import.meta.dirname, '../..');

describe.skipIf(reason !== undefined)('the client in a page of another origin', () => {
  let folder: string;
  let cloud: CloudProcess;
  let credentials: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-page-'));
    cloud = await startCloud({ name: 'Alder', dataDir: folder });
    await cloud.cli(['user', 'add', ANA.email, '--name', ANA.name, '--password-stdin'], `${PASSWORD}\n`);
    await cloud.cli(['client', 'add', 'Notes']);
    credentials = await cloud.cli(['token', 'add', ANA.email, '--client', 'Notes', '--json']);
    browser = await openBrowser();
  });

  afterAll(async () => {
    await closeWindows(browser);
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the example as its author's server would serve it, and fills in its form. */
  async function openExample(secrets: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`${await serveExample()}/examples/browse.html`);
    await page.getByLabel('Storage API').fill(`${cloud.url}/v1/`);
    await page.getByLabel('Credentials').fill(secrets);
    return page;
  }

  it('uploads a file and lists the folder', async () => {
    const page = await openExample(credentials);
    await page.getByLabel('New file').setInputFiles({
      name: 'Åse & Bo.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('hello'),
    });
    await page.getByRole('button', { name: 'Show my files' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Åse & Bo.txt' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('');
  });

  it('reads content in parts, with the headers that tell which', async () => {
    const page = await openExample(credentials);
    const answer = await page.evaluate(
      `(async () => {
        const { createStorageClient } = await import('footbridge/client');
        const storage = createStorageClient({ base: ${JSON.stringify(`${cloud.url}/v1/`)}, credentials: ${credentials} });
        const { id } = await storage.createFile('letters.txt', 'abcdefghij');
        const part = await storage.download(id, { range: { start: 2, end: 4 } });
        const tag = part.headers.get('etag');
        const whole = await storage.download(id, { ifNoneMatch: tag });
        await storage.upload(id, 'new', { ifMatch: tag, idempotencyKey: 'once', sha256: await hash('new') });
        const refused = await storage.remove('file', id, { ifMatch: tag }).catch((error) => error.status);
        return [await part.text(), part.headers.get('content-range'), whole.status, refused];

        async function hash(text) {
          return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
        }
      })()`,
    );
    expect(answer).toEqual(['cde', 'bytes 2-4/10', 304, 412]);
  });

  it('is told why it was refused', async () => {
    const page = await openExample(JSON.stringify({ ...JSON.parse(credentials), tokenSecret: 'wrong' }));
    await page.getByRole('button', { name: 'Show my files' }).click();
    await page.getByRole('alert').filter({ hasText: 'Could not authorize request' }).waitFor();
  });
});

/** Serves the examples, and this package where npm would have put it; answers the origin. */
async function serveExample(): Promise<string> {
  const server = createServer((request, response) => {
    const file = String(request.url).replace('/node_modules/footbridge/', '/');
    const type = file.endsWith('.html') ? 'text/html' : 'text/javascript';
    readFile(path.join(ROOT, file)).then(
      (content) => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${String((server.address() as AddressInfo).port)}`;
}
