/** The bare static file server of the measurements: `/NAME` is the file NAME of the folder given as argument. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';

const folder = process.argv[2];

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, async (request, response) => {
  const file = path.join(folder, path.basename(new URL(request.url, 'http://localhost').pathname));
  const { size } = await stat(file);
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
  pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), response, () => undefined);
});
server.listen(0, 'localhost', () => process.stdout.write(`${server.address().port}\n`));
