// Lists a folder, the root unless one is named:
//
//   node examples/list-files.mjs https://cloud.example/v1/ credentials.json [folder id]
//
// credentials.json is what examples/connect.mjs printed, or `footbridge token add … --json`.
import { readFile } from 'node:fs/promises';
import { createStorageClient } from 'footbridge/client';

const [base, file, folder] = process.argv.slice(2);
const credentials = JSON.parse(await readFile(file, 'utf8'));
const storage = createStorageClient({ base, credentials });

const { contents } = await storage.list(folder);
for (const { id, is_folder: isFolder, size, filename } of contents) {
  console.log([id, isFolder ? 'folder' : `${size} bytes`, filename].join('\t'));
}
