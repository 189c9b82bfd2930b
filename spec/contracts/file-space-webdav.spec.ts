import { describeDavFile, describeDavSpaces } from './file-space-webdav.js';

// Scripted servers; the real ones are in spec/federation/storage-apis/webdav/real-servers.spec.ts.
describeDavSpaces(['nextcloud']);
describeDavFile();
