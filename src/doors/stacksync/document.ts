import { z } from 'zod';
import type {
  Answer,
  AnswerHeader,
  AnswersByStatus,
  Operation,
  Parameter,
  Proof,
  RequestBody,
  Tag,
} from '../door/operation.js';
import { GRANT_SIGNATURE, PERSON_SIGNATURE } from '../callers/proofs.js';
import {
  ABROAD,
  API_VERSION,
  BODY,
  CHANGE,
  CHANGES,
  DIGEST,
  ID,
  json,
  jsonBody,
  LISTED,
  READING,
  READS,
  refusals,
  UPLOAD,
  VERSION,
  type Sentences,
} from './document-parts.js';
import {
  BAD_FOLDER_NAME,
  NO_ADDRESS,
  NO_ADDRESSEE,
  NO_FOLDER,
  NOBODY_LEFT,
  SENTENCES,
  WRONG_KIND,
} from './wire/sentences.js';
import { Destination, NAME_RULE, NewFolder } from './wire/parameters.js';
import { Members, Shared, ShareBody, UnshareBody, Unshared } from './wire/sharing-wire.js';
import { History, Listing, Metadata } from './wire/wire.js';

const FILES: Tag = {
  name: 'Files',
  description: [
    "A person's files, by the StackSync storage API v2. Items are named by number; the root is 0 in addresses and null in JSON.",
    'Success is never 204. Refusals are one bare sentence in plain text, or JSON for clients that name `application/json` in `Accept`. HEAD is answered like GET, without a body. Addresses are sensitive to letter case; a slash at the end is tolerated.',
  ].join('\n\n'),
};
const FOLDERS: Tag = { name: 'Folders', description: 'Folders of the same API.' };
const SHARING: Tag = {
  name: 'Sharing',
  description: 'Who else can open a folder, here and in other clouds.',
};

const FIXED_ROOT = 'The root cannot be deleted, renamed or moved.';
const FIXED_TOP = 'The shared folder itself cannot be deleted, renamed or moved here.';

const BOTH = [PERSON_SIGNATURE, GRANT_SIGNATURE];

const parameter = (name: string, description: string, example: string, required = false): Parameter => ({
  in: 'query',
  schema: z.string(),
  name,
  description,
  example,
  required,
});

const LOCATION: Readonly<Record<string, AnswerHeader>> = {
  Location: { description: 'The path of what was made.', required: true, example: '/v1/folder/31' },
};

const VALIDATORS: Readonly<Record<string, AnswerHeader>> = {
  ETag: { description: 'A strong entity tag of the content.', example: '"Zk3v"' },
  'Last-Modified': {
    description: 'When it last changed, where that is known.',
    example: 'Mon, 02 Nov 2026 09:00:00 GMT',
  },
};

const CONTENT: Readonly<Record<string, AnswerHeader>> = {
  ...VALIDATORS,
  'Accept-Ranges': { description: '`bytes` where ranges can be asked for.', example: 'bytes' },
  'Content-Disposition': { description: 'Always `attachment`.', required: true, example: 'attachment' },
};

const LISTING_TAG: Readonly<Record<string, AnswerHeader>> = {
  ETag: { description: 'To other clouds: names this listing.', example: '"5f2c"' },
};

const bytes = (description: string, headers: Readonly<Record<string, AnswerHeader>>): Answer => ({
  description,
  headers,
  content: { '*/*': {} },
});

interface Call {
  readonly tag?: Tag;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: RequestBody;
  readonly answers: AnswersByStatus;
  readonly refusals: Sentences;
  readonly proofs?: readonly Proof[];
}

/** What all calls have in common, added to what one has. */
function call(
  operationId: string,
  { tag = FILES, parameters = [], answers, refusals: own, proofs = BOTH, ...rest }: Call,
): Operation {
  return {
    operationId,
    tag,
    proofs,
    ...rest,
    parameters: [...parameters, API_VERSION],
    answers: { ...answers, ...refusals(own) },
  };
}

const read = (operationId: string, schema: z.ZodType, more: Partial<Call> = {}): Operation =>
  call(operationId, {
    parameters: [ID],
    answers: { 200: json('As it is.', schema) },
    refusals: READS,
    ...more,
  });

const move = (tag: Tag, operationId: string): Operation =>
  call(operationId, {
    tag,
    description: 'A new name, a new place or both. Either address takes files and folders.',
    parameters: [ID, ...CHANGE],
    body: jsonBody(Destination),
    answers: { 200: json('As it is now: `RENAMED`.', Metadata) },
    refusals: {
      ...CHANGES,
      ...BODY,
      400: ['Give a name or a parent.', SENTENCES['name-taken'], SENTENCES['into-itself'], FIXED_ROOT],
      403: [FIXED_TOP, 'This folder is shared for reading only.'],
      404: ['Not found.', SENTENCES['parent-missing']],
    },
  });

const contentOf = (operationId: string, version: readonly Parameter[] = []): Operation =>
  call(operationId, {
    parameters: [ID, ...version, ...READING],
    answers: {
      200: bytes('The content. Its type is `application/octet-stream` unless it is known to be harmless.', CONTENT),
      206: bytes('The range that was asked for.', {
        ...CONTENT,
        'Content-Range': { description: 'Which bytes, of how many.', required: true },
      }),
      304: { description: 'The reader has it already.', headers: VALIDATORS },
    },
    refusals: { ...READS, 412: [], 416: ['The range lies outside the content of 5 bytes.'] },
  });

/** The calls of one version of a file. They have two addresses: some clients say `version`, others `versions`. */
export const versionCalls = (spelling: 'Version' | 'Versions'): { metadata: Operation; content: Operation } => ({
  metadata: read(`getFile${spelling}ById`, Listing, { parameters: [ID, VERSION] }),
  content: contentOf(`downloadFile${spelling}ById`, [VERSION]),
});

/** What the API document says of the storage API. */
export const calls = {
  createFile: call('createFile', {
    parameters: [
      parameter('name', NAME_RULE, 'notes.txt', true),
      parameter('parent', 'The id of the folder. Absent, empty, 0, `null` and `root` mean the root.', '31'),
      DIGEST,
      ...CHANGE,
    ],
    body: UPLOAD,
    answers: { 201: json('Made: `NEW`, version 1.', Metadata, LOCATION) },
    refusals: {
      ...CHANGES,
      400: [SENTENCES['bad-name'], SENTENCES['name-taken'], SENTENCES['parent-wrong'], SENTENCES['parent-deleted']],
      404: [SENTENCES['parent-missing']],
      413: [SENTENCES['over-quota']],
      415: [],
      422: [],
    },
  }),
  getFile: read('getFile', Listing, { description: 'Deleted files too: their status says so.' }),
  moveFile: move(FILES, 'moveFile'),
  deleteFile: call('deleteFile', {
    parameters: [ID, ...CHANGE],
    answers: { 200: json('As it was last: `DELETED`.', Metadata) },
    refusals: CHANGES,
  }),
  downloadFile: contentOf('downloadFile'),
  uploadFile: call('uploadFile', {
    description: 'The earlier content stays as a version.',
    parameters: [ID, DIGEST, ...CHANGE],
    body: UPLOAD,
    answers: { 200: json('As it is now: `CHANGED`.', Metadata) },
    refusals: { ...CHANGES, 413: [SENTENCES['over-quota']], 415: [], 422: [] },
  }),
  listVersions: read('listVersions', History, { refusals: { ...READS, 400: ['A folder has no versions.'] } }),
  createFolder: call('createFolder', {
    tag: FOLDERS,
    parameters: CHANGE,
    body: jsonBody(NewFolder),
    answers: { 201: json('Made.', Metadata, LOCATION) },
    refusals: {
      ...CHANGES,
      ...BODY,
      400: [
        SENTENCES['no-name'],
        SENTENCES['folder-exists'],
        BAD_FOLDER_NAME,
        SENTENCES['parent-wrong'],
        SENTENCES['parent-is-file'],
        'The body must be JSON.',
      ],
      404: [SENTENCES['parent-missing']],
    },
  }),
  getFolder: read('getFolder', Listing, { tag: FOLDERS, description: 'Without its children, but for the root.' }),
  moveFolder: move(FOLDERS, 'moveFolder'),
  deleteFolder: call('deleteFolder', {
    tag: FOLDERS,
    description: 'With everything in it.',
    parameters: [ID, ...CHANGE],
    answers: { 200: json('As it was last: `DELETED`.', Metadata) },
    refusals: {
      ...CHANGES,
      400: [WRONG_KIND, FIXED_ROOT],
      403: [FIXED_TOP, 'This folder is shared for reading only.'],
    },
  }),
  listFolder: read('listFolder', Listing, {
    tag: FOLDERS,
    description:
      'One level. The id of a file is answered with the file and no children. To other clouds a listing has an entity tag; 304 says that nothing has changed since the listing with that tag.',
    parameters: [ID, parameter('include_deleted', '`true`: deleted children too.', 'true'), LISTED],
    answers: {
      200: json('As it is.', Listing, LISTING_TAG),
      304: { description: 'To another cloud: it has this listing already.', headers: LISTING_TAG },
    },
  }),
  listMembers: read('listMembers', Members, {
    tag: SHARING,
    description: 'The owner first. A folder with one member is not shared.',
    refusals: { ...READS, 404: [NO_FOLDER] },
  }),
  shareFolder: call('shareFolder', {
    tag: SHARING,
    proofs: [PERSON_SIGNATURE],
    description:
      'People of this cloud become members at once. Those at servers of Open Cloud Mesh are offered the folder there (`at`); others get an invitation by mail and choose their cloud. Only the owner may share; unknown addresses and the own one are passed over.',
    parameters: [ID],
    body: jsonBody(ShareBody),
    answers: { 201: json('Shared.', Shared) },
    refusals: {
      ...ABROAD,
      ...BODY,
      400: [
        NO_ADDRESSEE,
        NOBODY_LEFT,
        NO_FOLDER,
        'The body must be a list of addresses.',
        'permission must be read-only or read-write.',
        'expires_at must lie in the future.',
      ],
      403: ['Only the owner of a folder may share it.'],
      404: [NO_FOLDER],
    },
  }),
  unshareFolder: call('unshareFolder', {
    tag: SHARING,
    proofs: [PERSON_SIGNATURE],
    description:
      'Ends memberships and shares, of which only the owner may end others. Without a body the caller leaves; so does a member that names only itself.',
    parameters: [ID],
    body: jsonBody(UnshareBody, false),
    answers: { 201: json('Ended.', Unshared) },
    refusals: {
      ...ABROAD,
      ...BODY,
      400: [NO_ADDRESS, NOBODY_LEFT, SENTENCES['not-shared'], 'The owner of a folder cannot leave it.'],
      403: ['Only the owner of a folder may share it.'],
      404: [NO_FOLDER],
    },
  }),
};
