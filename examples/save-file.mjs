// Saves a file at the top level; where one of that name is there already, as its new version, unless somebody else
// changed it meanwhile:
//
//   node examples/save-file.mjs https://cloud.example/v1/ credentials.json notes.txt
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createStorageClient, StorageError } from 'footbridge/client';

const [base, file, source] = process.argv.slice(2);
const credentials = JSON.parse(await readFile(file, 'utf8'));
const storage = createStorageClient({ base, credentials });

const content = await readFile(source);
// The cloud refuses bytes that were damaged on the way, and makes a change once however often it is sent.
const sha256 = createHash('sha256').update(content).digest();
const options = { sha256, idempotencyKey: randomUUID() };

const name = path.basename(source);
const { contents } = await storage.list();
const there = contents.find((item) => item.filename === name);

try {
  const saved = there ? await replace(there) : await storage.createFile(name, content, options);
  console.log(`${saved.filename} is saved as version ${saved.version}, ${saved.size} bytes.`);
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  console.error(error.status === 412 ? `Somebody else has changed ${name}.` : error.message);
  process.exitCode = 1;
}

async function replace({ id }) {
  const current = await storage.download(id);
  await current.body?.cancel();
  return storage.upload(id, content, { ...options, ifMatch: current.headers.get('etag') });
}
