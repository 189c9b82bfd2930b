export { connectionsTo, type PostgresConnections } from './connections.js';
