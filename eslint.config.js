// @ts-check
import comments from '@eslint-community/eslint-plugin-eslint-comments';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** Things that have one owner: everybody else gets them handed in. Each entry names the owner in its message. */
const OWNED = {
  environment: {
    properties: [{ object: 'process', property: 'env', message: 'Settings are read in src/config only.' }],
    imports: [{ name: 'node:process', importNames: ['env'], message: 'Settings are read in src/config only.' }],
  },
  time: {
    properties: [{ object: 'Date', property: 'now', message: 'Ask the Clock (kernel/clock.ts).' }],
    syntax: [
      {
        selector: "NewExpression[callee.name='Date'][arguments.length=0]",
        message: 'Ask the Clock (kernel/clock.ts).',
      },
      { selector: "CallExpression[callee.name='Date']", message: 'Ask the Clock (kernel/clock.ts).' },
    ],
  },
  network: {
    globals: ['fetch', 'WebSocket', 'EventSource'].map((name) => ({
      name,
      message: 'Go through platform/outbound.ts.',
    })),
    properties: ['http', 'https'].flatMap((object) =>
      ['request', 'get'].map((property) => ({ object, property, message: 'Go through platform/outbound.ts.' })),
    ),
    imports: [
      { name: 'undici', message: 'Go through platform/outbound.ts.' },
      ...['node:http', 'node:https'].map((name) => ({
        name,
        importNames: ['request', 'get'],
        message: 'Go through platform/outbound.ts.',
      })),
    ],
  },
};

/** Which dialect a cloud speaks is asked where its words are made; everybody else asks for an ability by its name. */
OWNED.dialect = {
  syntax: [
    {
      selector: 'BinaryExpression[operator=/^[!=]==$/] > Literal[value=/^(spec|csinterop|nec|ocm)$/]',
      message:
        'Ask for an ability (peers/peer/peer-abilities.ts, shares/agreement/messages.ts, federation/ports/dialect.ts).',
    },
  ],
};

/** What others send has bounds; only what we wrote ourselves may be parsed without. */
OWNED.ownJson = {
  properties: [
    {
      object: 'JSON',
      property: 'parse',
      message: 'What others send is read by platform/foreign-json (ruling F-60).',
    },
  ],
};

/** Files that read JSON which this program wrote, or an administrator gave, or which runs where there is no gateway. */
const OWN_JSON = [
  'migrations/0049-offered-peers.ts',
  'src/accounts/{recoveries,sessions}.ts',
  'src/client/fetch-transport.ts',
  'src/contents/drivers/disk/identity/{known-store,marker}.ts',
  'src/deliveries/row.ts',
  'src/doors/dav/methods/state.ts',
  'src/doors/docs/schemas.ts',
  'src/files/records/listing-losses.ts',
  'src/files/snapshots/snapshot.ts',
  'src/files/transfers/{members,row}.ts',
  'src/mail/letter-wishes.ts',
  'src/peers/joining/{join-request-row,joins}.ts',
  'src/peers/peer-file.ts',
  'src/peers/peer/peer-row.ts',
  'src/shares/agreement/carried-offer.ts',
  'src/shares/destination/receiving.ts',
  'src/shares/records/outgoing-row.ts',
];

const NO_MATH_RANDOM = { object: 'Math', property: 'random', message: 'Ask the port Random (kernel/random.ts).' };
const NO_FLAGS = {
  name: 'node:v8',
  importNames: ['setFlagsFromString'],
  message: 'Flags belong to the whole process: it is started with them.',
};
const NO_DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };
const NO_SPREAD_LITERAL = {
  selector: 'ObjectExpression > SpreadElement > ObjectExpression',
  message: 'Write the properties into the object itself.',
};

/** The ban rules of a file that owns none of the things above but `owned`. */
function bans(...owned) {
  const rest = Object.entries(OWNED).flatMap(([name, bans]) => (owned.includes(name) ? [] : [bans]));
  const all = (kind) => rest.flatMap((bans) => bans[kind] ?? []);
  return {
    'no-restricted-properties': ['error', NO_MATH_RANDOM, ...all('properties')],
    // A severity alone would keep the list of a file that owns less.
    'no-restricted-globals': all('globals').length === 0 ? 'off' : ['error', ...all('globals')],
    'no-restricted-imports': ['error', { paths: [NO_FLAGS, ...all('imports')] }],
    'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_SPREAD_LITERAL, ...all('syntax')],
  };
}

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'dist.*/', 'artifacts/', 'coverage/', 'data/', 'views/', 'spec/fixtures/'] },
  {
    files: ['**/*.{ts,js,mjs,cjs}'],
    extends: [tseslint.configs.base],
    plugins: { comments, regexp },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'comments/require-description': ['error', { ignore: ['eslint-enable'] }],
      'comments/no-unlimited-disable': 'error',
      'no-restricted-imports': ['error', { paths: [NO_FLAGS] }],
      'no-restricted-properties': ['error', NO_MATH_RANDOM],
      'no-restricted-syntax': ['error', NO_SPREAD_LITERAL],
      // What others send must not be able to keep us busy (ruling F-66).
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'no-constant-binary-expression': 'error',
      'no-control-regex': 'error',
      'no-empty-pattern': 'error',
      'no-misleading-character-class': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable-loop': 'error',
      'no-useless-rename': 'error',
      'no-unsafe-finally': 'error',
    },
  },
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './spec/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off', // `() => close()` reads well
      '@typescript-eslint/no-invalid-void-type': 'off', // `void | Promise<void>` is what handlers return
      '@typescript-eslint/no-unnecessary-type-parameters': 'off', // a result type that the caller names
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/require-await': 'off', // a port's method is async whether or not this adapter waits
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, NO_SPREAD_LITERAL],
    },
  },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { 'no-console': 'error', ...bans() },
  },
  { files: OWN_JSON, rules: bans('ownJson') },
  {
    files: ['src/peers/peer/{ocm-words,peer-draft}.ts', 'src/shares/agreement/messages.ts'],
    rules: bans('dialect'),
  },
  { files: ['src/config/**/*.ts'], rules: bans('environment') },
  { files: ['src/platform/system-clock.ts'], rules: bans('time') },
  { files: ['src/platform/outbound/*.ts'], rules: bans('network') },
  // The client is used where there is no composition root: what is not handed in it takes there.
  { files: ['src/client/surroundings.ts'], rules: bans('time', 'network') },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    // Answers of real servers are looked into as they come.
    files: ['spec/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': ['error', NO_SPREAD_LITERAL] } },
);
