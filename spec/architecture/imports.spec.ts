import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const cruiser = path.join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const rules = path.join(root, '.dependency-cruiser.cjs');

/** The broken rules below a folder, each as `rule: from → to`. */
async function violations(folder: string): Promise<string[]> {
  const args = [cruiser, '--config', rules, '--output-type', 'json', 'src', 'migrations'];
  const json = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      stdout.startsWith('{') ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
  const { summary } = JSON.parse(json) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

describe('imports', () => {
  it('point only downwards, through an index, without cycles', async () => {
    expect(await violations(root)).toEqual([]);
  });
});

const SOUND_TREE: Tree = {
  'src/kernel/index.ts': ['./clock.js'],
  'src/kernel/clock.ts': [],
  'src/kernel/failure.ts': [],
  'src/signing/index.ts': ['../kernel/failure.js'],
  'src/client/index.ts': ['../signing/index.js'],
  'src/mail/index.ts': ['../kernel/index.js'],
  'src/doors/index.ts': ['./pages/index.js', './dav/index.js'],
  'src/doors/door/door.ts': ['../../kernel/index.js'],
  'src/doors/pages/index.ts': ['../door/door.js', '../../mail/index.js'],
  'src/doors/dav/index.ts': ['../door/door.js'],
  'src/federation/index.ts': ['./dialects/spec/index.js'],
  'src/federation/dialects/spec/index.ts': ['../words.js'],
  'src/federation/dialects/words.ts': [],
  'src/config/index.ts': ['../kernel/index.js'],
  'src/cloud.ts': ['./doors/index.js', './mail/index.js'],
  'src/cli/index.ts': ['../cloud.js', '../config/index.js'],
  'src/main.ts': ['./cli/index.js'],
};

/** Each rule with an import that it must refuse. */
const REFUSED: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['kernel-imports-only-what-is-below', 'src/kernel/index.ts', 'src/platform/index.ts'],
  ['peers-imports-only-what-is-below', 'src/peers/index.ts', 'src/accounts/index.ts'],
  ['http-signatures-imports-only-what-is-below', 'src/http-signatures/index.ts', 'src/oauth1/index.ts'],
  ['shares-imports-only-what-is-below', 'src/shares/index.ts', 'src/doors/index.ts'],
  ['rooms-are-entered-by-their-index', 'src/shares/index.ts', 'src/files/tree/tree.ts'],
  ['client-runs-anywhere', 'src/client/index.ts', 'src/kernel/index.ts'],
  ['client-runs-anywhere', 'src/kernel/failure.ts', 'src/kernel/words.ts'],
  ['rooms-are-entered-by-their-index', 'src/cloud.ts', 'src/files/tree/tree.ts'],
  ['doors-do-not-know-each-other', 'src/doors/dav/get.ts', 'src/doors/pages/index.ts'],
  ['doors-are-entered-by-their-index', 'src/doors/index.ts', 'src/doors/dav/get.ts'],
  ['dialects-do-not-know-each-other', 'src/federation/dialects/ocm/wire.ts', 'src/federation/dialects/spec/wire.ts'],
  ['config-is-handed-in', 'src/platform/index.ts', 'src/config/index.ts'],
  ['cloud-takes-config-values', 'src/cloud.ts', 'src/config/index.ts'],
  ['config-stands-low', 'src/config/index.ts', 'src/mail/index.ts'],
  ['cloud-is-built-by-cli-alone', 'src/doors/index.ts', 'src/cloud.ts'],
  ['parts-of-cloud-are-its-own', 'src/cli/index.ts', 'src/cloud/rooms.ts'],
  ['cli-is-called-by-main-alone', 'src/cloud.ts', 'src/cli/index.ts'],
  ['every-file-has-a-room', 'src/main.ts', 'src/helpers/index.ts'],
  ['doors-do-not-know-each-other', 'src/doors/door/row.ts', 'src/doors/pages/index.ts'],
  ['src-doors-front-imports-only-what-is-to-its-left', 'src/doors/front/pace.ts', 'src/doors/door/door.ts'],
  ['src-shares-origin-imports-only-what-is-to-its-left', 'src/shares/origin/half.ts', 'src/shares/destination/half.ts'],
  ['src-shares-rules-imports-only-what-is-to-its-left', 'src/shares/rules/step.ts', 'src/shares/records/rows.ts'],
  ['src-peers-top-imports-only-what-is-to-its-left', 'src/peers/peers.ts', 'src/peers/joining/joins.ts'],
  ['src-files-space-imports-only-what-is-to-its-left', 'src/files/space/space.ts', 'src/files/index.ts'],
  ['migrations-are-frozen', 'migrations/0001-start.ts', 'src/kernel/index.ts'],
];

describe('the import rules', () => {
  let sound: string;
  let broken: string;
  let found: readonly string[];

  beforeAll(async () => {
    sound = await plant(SOUND_TREE);
    broken = await plant({
      ...brokenTree(),
      'src/contents/disk.ts': ['./sweep.js'],
      'src/contents/sweep.ts': ['./disk.js'],
      'src/grants/mint.ts': ['./gone.js'],
      'src/signing/index.ts': ['node:crypto'],
    });
    found = await violations(broken);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([sound, broken].map((folder) => rm(folder, { recursive: true, force: true })));
  });

  it('let a well-built tree pass', async () => {
    expect(await violations(sound)).toEqual([]);
  });

  it.each(REFUSED)('%s: refuse %s → %s', (rule, from, to) => {
    expect(found).toContain(`${rule}: ${from} → ${to}`);
  });

  it('refuse a module of Node.js where browsers run', () => {
    expect(found).toContain('client-runs-anywhere: src/signing/index.ts → crypto');
  });

  it('refuse a cycle inside a room', () => {
    expect(found).toContain('no-cycles: src/contents/disk.ts → src/contents/sweep.ts');
  });

  it('refuse an import that leads nowhere', () => {
    expect(found).toContain('no-broken-imports: src/grants/mint.ts → ./gone.js');
  });
});

/** A file's path → the modules it imports. */
type Tree = Readonly<Record<string, readonly string[]>>;

/** One tree that holds every refused import at once. */
function brokenTree(): Tree {
  const tree: Record<string, string[]> = {};
  for (const [, from, to] of REFUSED) {
    const relative = path.posix.relative(path.posix.dirname(from), to).replace(/\.ts$/, '.js');
    tree[to] ??= [];
    (tree[from] ??= []).push(relative.startsWith('.') ? relative : `./${relative}`);
  }
  return tree;
}

/** Writes a tree into a new temporary folder. */
async function plant(tree: Tree): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-imports-'));
  await mkdir(path.join(folder, 'migrations'));
  await writeFile(path.join(folder, 'tsconfig.json'), '{ "compilerOptions": { "module": "nodenext" } }');
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module", "dependencies": {} }');
  for (const [name, imports] of Object.entries(tree)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${imports.map((from) => `import '${from}';`).join('\n')}\nexport const here = true;\n`);
  }
  return folder;
}
