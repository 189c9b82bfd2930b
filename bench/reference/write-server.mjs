/**
 * The bare server of durable writes: takes the body of every request into one table of SQLite, with a sync at each commit.
 * Requests whose bodies are whole in the same round of the event loop share a commit. Asks nobody who they are.
 */
import { createServer } from 'node:http';
import path from 'node:path';
import Database from 'better-sqlite3';

const books = new Database(path.join(process.argv[2], 'bare-writes.sqlite'));
books.pragma('journal_mode = WAL');
books.pragma('synchronous = FULL');
books.exec('create table contents (name text primary key, bytes blob not null)');
const insert = books.prepare('insert or replace into contents (name, bytes) values (?, ?)');
const commit = books.transaction((batch) => {
  for (const { name, bytes } of batch) insert.run(name, bytes);
});

let waiting = [];
function write(one) {
  waiting.push(one);
  if (waiting.length > 1) return;
  setImmediate(() => {
    const batch = waiting;
    waiting = [];
    commit(batch);
    for (const { response } of batch) response.writeHead(200, { 'Content-Length': 0 }).end();
  });
}

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => write({ name: request.url, bytes: Buffer.concat(chunks), response }));
});
server.listen(0, 'localhost', () => process.stdout.write(`${server.address().port}\n`));
