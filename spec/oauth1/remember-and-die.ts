// A process of its own for nonces.spec.ts: remembers one nonce and dies the hard way at once.
import { createNonceTable, KnexNonceStore } from '../../src/oauth1/index.js';
import { handClock, NOW, SQLITE_ENGINES } from './support.js';

const [, , name, file = ''] = process.argv;
const engine = SQLITE_ENGINES.find((one) => one.name === name);
if (engine === undefined) throw new Error(`no engine ${String(name)}`);
const knex = engine.open(file);
await createNonceTable(knex);
await new KnexNonceStore({ knex, clock: handClock() }).remember('desk', 'tokA', NOW, 'n', (NOW + 900) * 1_000);
process.kill(process.pid, 'SIGKILL');
