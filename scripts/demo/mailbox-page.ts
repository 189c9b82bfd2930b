import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Letter, Mailbox } from '../../spec/support/mailbox.js';
import { assetBytes } from '../../src/doors/pages/frame/assets.js';

/** The mailbox as a web page. */
export interface MailboxPage {
  readonly url: string;
  stop(): Promise<void>;
}

const ASSETS = fileURLToPath(new URL('../../views/assets/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '/footbridge.css': 'text/css; charset=utf-8',
  '/logo.svg': 'image/svg+xml',
};

/** Serves every mail of both clouds on loopback: a list, and each mail with its links to click. */
export async function startMailboxPage(port: number, mailbox: Pick<Mailbox, 'letters'>): Promise<MailboxPage> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    answer(pathname, mailbox.letters, response);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    url: `http://localhost:${String(port)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(path: string, letters: readonly Letter[], response: ServerResponse): void {
  const type = TYPES[path];
  if (type !== undefined) {
    response.setHeader('Content-Type', type).end(assetBytes(ASSETS, path.slice(1)));
    return;
  }
  const letter = letters[Number(/^\/mails\/(\d+)$/.exec(path)?.[1]) - 1];
  if (letter !== undefined) send(response, 200, letterPage(letter));
  else if (path === '/') send(response, 200, listPage(letters));
  else send(response, 404, frame('Nothing here', '<h1>Nothing here</h1><p><a href="/">All mails</a></p>'));
}

function send(response: ServerResponse, status: number, html: string): void {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  };
  response.writeHead(status, headers).end(html);
}

function listPage(letters: readonly Letter[]): string {
  const rows = [...letters].reverse().map(row).join('');
  const table = `<table class="list">
<caption class="away">Mails, newest first</caption>
<thead><tr><th scope="col">Subject</th><th scope="col">For</th><th scope="col">From</th><th scope="col">Arrived</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  const empty = `<div class="empty"><p><strong>No mail yet.</strong></p>
<p>Whatever the two clouds send arrives here. The page looks for news by itself.</p></div>`;
  return frame(
    'Mailbox',
    `<h1>Mailbox</h1>${letters.length === 0 ? empty : table}`,
    '<meta http-equiv="refresh" content="3">',
  );
}

function row({ number, subject, to, receivedAt, ...letter }: Letter): string {
  return `<tr><th scope="row"><a href="/mails/${String(number)}">${escape(subject)}</a></th>
<td data-label="For">${escape(to.join(', '))}</td><td data-label="From">${escape(senderOf(letter))}</td>
<td data-label="Arrived">${timeOf(receivedAt)}</td></tr>`;
}

/** The mail as its reader sees it. Its own HTML cannot run anything; its links open in the whole window. */
function letterPage(letter: Letter): string {
  const { subject, to, receivedAt, html, text } = letter;
  const picture = escape(`<base target="_top">${html}`);
  return frame(
    subject,
    `<p><a href="/">All mails</a></p>
<h1>${escape(subject)}</h1>
<dl class="facts"><dt>For</dt><dd>${escape(to.join(', '))}</dd><dt>From</dt><dd>${escape(senderOf(letter))}</dd>
<dt>Arrived</dt><dd>${timeOf(receivedAt)}</dd></dl>
<iframe class="mail" title="The mail" sandbox="allow-top-navigation-by-user-activation" srcdoc="${picture}"></iframe>
<details class="card"><summary>The mail as plain text</summary><p class="letter">${linked(text.trim())}</p></details>`,
  );
}

function senderOf({ from, fromName }: Pick<Letter, 'from' | 'fromName'>): string {
  return fromName === '' ? from : `${fromName} (${from})`;
}

function linked(text: string): string {
  const pieces = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/);
  return pieces
    .map((piece, index) => (index % 2 === 0 ? escape(piece) : `<a href="${escape(piece)}">${escape(piece)}</a>`))
    .join('');
}

function frame(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">${head}
<title>${escape(title)} – Mailbox of the demo</title>
<link rel="icon" href="/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/footbridge.css">
<style>
.mail { width: 100%; height: 40rem; margin-top: var(--gap); border: 1px solid var(--line); border-radius: var(--round); background: #fff; }
.letter { margin-top: var(--gap); white-space: pre-wrap; }
</style>
</head>
<body>
<header class="top"><div class="top-row"><a class="brand" href="/"><img src="/logo.svg" alt="" width="36" height="36">Mailbox of the demo</a></div></header>
<main id="main">${body}</main>
<footer class="foot"><p>Every mail that the two clouds send ends up here, whoever it is for.</p></footer>
</body>
</html>`;
}

function timeOf(date: Date): string {
  return `<time datetime="${date.toISOString()}">${date.toISOString().slice(11, 19)} UTC</time>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}
