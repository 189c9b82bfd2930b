import type { Tag } from '../door/operation.js';

/** The chapter of the API document to which two doors contribute: token calls, and the page between them. */
export const ACCESS: Tag = {
  name: 'Access for apps',
  description: [
    'The three steps of OAuth 1.0a (RFC 5849, section 2): an app asks for temporary credentials, a person decides at `/oauth/authorize`, and the app exchanges them for an access token.',
    'The first and the last are taken by GET and POST, their parameters in the header, the query or a form, in one place only. Refusals are forms that say why, or an empty 401.',
  ].join('\n\n'),
};
