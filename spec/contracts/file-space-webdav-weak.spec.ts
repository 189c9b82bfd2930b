import { describeDavSpaces } from './file-space-webdav.js';

// Servers that have no strong tags where they list, or not at once.
describeDavSpaces(['apache', 'sabre']);
