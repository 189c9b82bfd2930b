/**
 * The arrows between the rooms of src, as rules. A room may import the rooms of the levels below its own, through
 * their index only; rooms of one level do not know each other.
 */
const LEVELS = [
  ['kernel'],
  ['signing'],
  ['platform', 'client'],
  ['accounts', 'peers', 'clients', 'oauth1', 'contents', 'mail', 'deliveries'],
  ['files', 'grants', 'desk'],
  ['shares'],
  ['federation', 'doctor'],
  ['doors'],
];
const ROOMS = LEVELS.flat();
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

module.exports = {
  forbidden: [
    ...roomRules,
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
      comment: 'what doors share lies at the top of src/doors',
      severity: 'error',
      from: { path: '^src/doors/([^/]+)/' },
      to: { path: '^src/doors/[^/]+/', pathNot: '^src/doors/$1/' },
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
      to: { pathNot: '^src/(shares/(rules/|transitions|messages)|kernel/)', dependencyTypesNot: ['type-only'] },
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
