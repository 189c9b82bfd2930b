import { describeDavSpaces } from './file-space-webdav.js';

// Servers that do not look at conditions.
describeDavSpaces(['nginx', 'rclone']);
