/**
 * The arrows between the rooms of src, as rules. A room may import the rooms of the levels below its own, through
 * their index only; rooms of one level do not know each other.
 */
const LEVELS = [
  ['kernel'],
  ['signing', 'webdav'],
  ['platform', 'client'],
  ['accounts', 'peers', 'clients', 'oauth1', 'http-signatures', 'contents', 'mail', 'deliveries'],
  ['files', 'grants'],
  ['shares', 'desk'],
  ['federation', 'doctor'],
  ['doors'],
];
const ROOMS = LEVELS.flat();
/**
 * The sub-rooms of a room, lowest first: each may import those to its left. `.` stands for the files at the top of the
 * room but its index, which may see everything; `a | b` do not know each other.
 */
const STOREYS = {
  'src/webdav': ['xml', '.'],
  'src/platform': ['turns', 'streams', 'hashing', 'outbound', 'foreign-json', 'database', '.', 'reserve'],
  'src/platform/database': ['sqlite | postgres | statements', '.', 'lists'],
  'src/accounts': ['notices', '.'],
  'src/contents': ['driver', 'drivers | store', 'layers', '.'],
  'src/contents/drivers': ['disk | memory'],
  'src/contents/drivers/disk': ['calls', 'identity | drafts', '.'],
  'src/contents/layers': ['cached | inline | joined'],
  'src/peers': ['peer', '.', 'refusals', 'joining', 'moving'],
  'src/desk': ['.', 'items', 'calendar'],
  'src/files': [
    'space',
    'changes | snapshots',
    'records',
    'facts',
    'access',
    'locks',
    'properties',
    'places',
    'versions',
    'trash',
    'local',
    'tree | uploads',
    'transfers',
  ],
  'src/shares': ['agreement', 'rules', 'records', 'letters', 'origin | destination', 'endings'],
  'src/federation': ['peer-call', 'ports', 'storage-apis | cloudspaces | ocm', 'dialects | arrivals', '.'],
  'src/federation/storage-apis/webdav': ['wire', '.'],
  'src/federation/ocm': [
    'wording | keys',
    'discovery',
    'shares | notifications | invites',
    'servers',
    'wire',
    'contacts | tokens',
  ],
  'src/doctor': ['findings', '.'],
  'src/doors': ['front', 'door', 'callers', 'content'],
  'src/doors/dav': ['xml', 'requests', 'world', 'properties', 'methods', '.'],
  'src/doors/stacksync': ['wire', 'calls', '.'],
  'src/doors/pages': ['frame', 'people', 'files', 'sharing', 'administration'],
  'src/doors/pages/frame': ['headers', '.'],
  'src/doors/pages/files': ['multipart', '.', 'kept'],
  'src/cloud': ['foundation', 'rooms', '.'],
  'src/cli': ['context', 'commands', '.'],
};
/** The one composition root, and the parts that it is written in. */
const COMPOSITION = '^src/cloud(\\.ts$|/)';
/** The rooms that also run in a browser, and the one file of the kernel that they stand on. */
const ANYWHERE = ['^src/signing/', '^src/client/'];
const PURE_FILE = '^src/kernel/failure\\.ts$';
const DATABASE_PACKAGES = '(^|/)node_modules/(knex|pg|better-sqlite3|sqlite3)/';

/** Everything in src but the named rooms. */
const outside = (rooms) => ({ path: '^src/', pathNot: `^src/(${rooms.join('|')})/` });

const roomRules = LEVELS.flatMap((level, height) =>
  level.map((room) => ({
    name: `${room}-imports-only-what-is-below`,
    comment: `${room} may know ${LEVELS.slice(0, height).flat().join(', ') || 'nothing else of src'}`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: outside([...LEVELS.slice(0, height).flat(), room]),
  })),
);

const names = (storey) => storey.split(' | ');
/** The files of one sub-room of `room`, as a pattern. */
const subRoom = (room, name) => (name === '.' ? `^${room}/(?!index\\.ts$)[^/]+$` : `^${room}/${name}/`);

const storeyRules = Object.entries(STOREYS).flatMap(([room, storeys]) =>
  storeys.flatMap((storey, height) =>
    names(storey).map((name) => ({
      name: `${room.replaceAll('/', '-')}-${name === '.' ? 'top' : name}-imports-only-what-is-to-its-left`,
      comment: `inside ${room}: ${storeys.join(' < ')}`,
      severity: 'error',
      from: { path: subRoom(room, name) },
      to: {
        path: [
          `^${room}/index\\.ts$`,
          ...[...names(storey).filter((other) => other !== name), ...storeys.slice(height + 1).flatMap(names)].map(
            (other) => subRoom(room, other),
          ),
        ],
      },
    })),
  ),
);

module.exports = {
  forbidden: [
    ...roomRules,
    ...storeyRules,
    {
      name: 'every-file-has-a-room',
      comment: 'a folder of src that has no level yet gets one in LEVELS first',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [`^src/(${[...ROOMS, 'config', 'cli', 'cloud'].join('|')})/`, '^src/(cloud|main)\\.ts$'],
      },
    },
    {
      name: 'rooms-are-entered-by-their-index',
      severity: 'error',
      from: { path: '^(?:src/([^/]+)/|src/[^/]+\\.ts$)' },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/[^/]+/index\\.ts$', '^src/doors/[^/]+/index\\.ts$', '^src/$1/', '^src/cloud/', PURE_FILE],
      },
    },
    {
      name: 'client-runs-anywhere',
      comment: 'in browsers too: no Node.js module, no package, nothing that needs one',
      severity: 'error',
      from: { path: [...ANYWHERE, PURE_FILE] },
      to: { pathNot: [...ANYWHERE, PURE_FILE] },
    },
    {
      name: 'doors-do-not-know-each-other',
      comment: 'what doors share lies in front, door, callers and content',
      severity: 'error',
      from: { path: '^src/doors/([^/]+)/' },
      to: { path: '^src/doors/[^/]+/', pathNot: ['^src/doors/$1/', '^src/doors/(front|door|callers|content)/'] },
    },
    {
      name: 'doors-are-entered-by-their-index',
      severity: 'error',
      from: { path: '^src/doors/[^/]+\\.ts$' },
      to: { path: '^src/doors/[^/]+/', pathNot: '^src/doors/[^/]+/index\\.ts$' },
    },
    {
      name: 'dialects-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/federation/dialects/([^/]+)/' },
      to: { path: '^src/federation/dialects/[^/]+/', pathNot: '^src/federation/dialects/$1/' },
    },
    {
      name: 'ports-know-no-adapter',
      comment: 'what every dialect and storage API promises is said beside them, and what uses them knows no more',
      severity: 'error',
      from: { path: '^src/federation/(?!index\\.ts$)[^/]+$' },
      to: { path: '^src/federation/(dialects|storage-apis)/' },
    },
    {
      name: 'dialects-hold-no-state',
      severity: 'error',
      from: { path: '^src/federation/dialects/' },
      to: { path: [DATABASE_PACKAGES, '^src/platform/(database|migrations)'] },
    },
    {
      name: 'rules-are-pure',
      comment: 'what a message does to a share is decided without database or clock: the model runs the same rules',
      severity: 'error',
      from: { path: '^src/shares/rules/' },
      to: {
        pathNot: '^src/(shares/(rules/|agreement/(transitions|messages))|kernel/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'kernel-needs-no-package',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '(^|/)node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-is-handed-in',
      comment: 'only the composition root and the command line see config',
      severity: 'error',
      from: { path: '^src/', pathNot: [COMPOSITION, '^src/(cli|config)/', '^src/main\\.ts$'] },
      to: { path: '^src/config/' },
    },
    {
      name: 'cloud-takes-config-values',
      comment: 'the composition root knows the shape of config and does not read it: tests hand in their own',
      severity: 'error',
      from: { path: COMPOSITION },
      to: { path: '^src/config/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-stands-low',
      severity: 'error',
      from: { path: '^src/config/' },
      to: outside(['kernel', 'platform', 'config']),
    },
    {
      name: 'cloud-is-built-by-cli-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '^src/main\\.ts$', COMPOSITION] },
      to: { path: COMPOSITION },
    },
    {
      name: 'parts-of-cloud-are-its-own',
      severity: 'error',
      from: { pathNot: [COMPOSITION] },
      to: { path: '^src/cloud/' },
    },
    {
      name: 'cli-is-called-by-main-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '^src/main\\.ts$'] },
      to: { path: ['^src/cli/', '^src/main\\.ts$'] },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'a released migration must mean the same for ever, so it stands on no code that changes',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/@types/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-broken-imports',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { path: '^(spec|scripts|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
