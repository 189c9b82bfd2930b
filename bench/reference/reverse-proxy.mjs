/** The bare reverse proxy of the measurements: forwards everything to the port given as argument. */
import { Agent, createServer, request } from 'node:http';
import { pipeline } from 'node:stream';

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (incoming, response) => {
  const { method, url: path, headers } = incoming;
  const upstream = request({ agent, host: 'localhost', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    pipeline(answer, response, () => undefined);
  });
  upstream.on('error', () => response.destroy());
  pipeline(incoming, upstream, () => undefined);
});
server.listen(0, 'localhost', () => process.stdout.write(`${server.address().port}\n`));
