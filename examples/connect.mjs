// Asks a person for access to their files, and prints the credentials as JSON:
//
//   node examples/connect.mjs https://cloud.example/ app.json > credentials.json
//
// app.json is what `footbridge client add <name> --json` printed when the app was registered.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { OAuthDance } from 'footbridge/client';

const [cloud, file] = process.argv.slice(2);
const { consumerKey, consumerSecret } = JSON.parse(await readFile(file, 'utf8'));
const dance = new OAuthDance({ cloud, consumerKey, consumerSecret });

const requestToken = await dance.requestToken('oob');
console.error(`Open this page, allow the access and copy the word that it shows:\n${dance.authorizeUrl(requestToken)}`);
const terminal = createInterface({ input: process.stdin, output: process.stderr });
const verifier = await terminal.question('The word: ');
terminal.close();

console.log(JSON.stringify(await dance.accessToken(requestToken, verifier)));
