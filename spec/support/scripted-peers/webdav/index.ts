export { ScriptedDav, type DavCall, type DavOptions, type Stand } from './dav-server.js';
export { PROFILES, type ProfileName, type Quirks } from './quirks.js';
