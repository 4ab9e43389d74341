import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file))
  .sort();

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  /** A file under src, or the name of a package. */
  readonly target: string;
}

/** Every import, export-from and dynamic import of a file. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;
  return [...text.matchAll(pattern)].map(([, typeOnly, named, dynamic]) => {
    const specifier = named ?? dynamic ?? '';
    const target = specifier.startsWith('.') ? sourceOf(posix.join(posix.dirname(file), specifier)) : specifier;
    return { from: file, typeOnly: typeOnly !== undefined, target };
  });
}

/** The file that is compiled to what an import names. */
function sourceOf(compiled: string): string {
  const component = compiled.replace(/\.js$/, '.tsx');
  return inside.has(component) ? component : compiled.replace(/\.js$/, '.ts');
}

const inside = new Set(files);
const imports = files.flatMap(importsOf);
const isLocal = (target: string) => /\.tsx?$/.test(target);

/** What the clients are made of; a layer together with them. */
const clientFolders = new Set(['calls', 'checkpoints', 'credentials', 'rest', 'sampling', 'service', 'telemetry', 'tokenizer', 'training']);

function folderOf(path: string): string {
  const [folder = ''] = path.split('/');
  return path.includes('/') && !clientFolders.has(folder) ? folder : 'clients';
}

/** Folders of src that each folder may import, itself apart. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  types: [],
  wire: ['types'],
  api: ['types', 'wire'],
  journal: ['types'],
  machines: ['types', 'api', 'journal'],
  inspection: ['types'],
  clients: ['types', 'wire', 'api', 'machines', 'inspection', 'journal'],
  opentelemetry: ['inspection', 'types'],
  inspector: ['inspection', 'types'],
  server: ['types', 'wire', 'api'],
  contract: ['clients', 'types', 'api'],
  cli: ['clients', 'server', 'contract', 'inspector', 'inspection'],
};

/** Built into the inspector's page, which runs in a browser. */
const pagePackages = ['preact', '@preact/signals', 'uplot', 'd3-scale', 'd3-shape', 'd3-selection', 'd3-zoom', '@dagrejs/dagre'];

/** Packages that each folder may import; Node's own modules are `node:`. */
const packages: Readonly<Record<string, readonly string[]>> = {
  types: ['io-ts', 'fp-ts'],
  wire: ['@bufbuild/protobuf', 'lossless-json', 'io-ts', 'fp-ts', 'node:'],
  api: ['io-ts', 'fp-ts', 'ky', 'undici', 'node:'],
  journal: ['io-ts', 'fp-ts', 'node:'],
  machines: ['xstate', 'fp-ts'],
  inspection: ['xstate', 'node:'],
  clients: ['xstate', 'fp-ts', 'tar', '@huggingface/tokenizers', 'node:'],
  opentelemetry: ['@opentelemetry/api'],
  inspector: ['hono', '@hono/node-server', 'io-ts', 'fp-ts', 'node:', ...pagePackages],
  server: ['hono', '@hono/node-server', '@jax-js/jax', 'tar', 'fzstd', 'io-ts', 'fp-ts', 'node:'],
  contract: ['node:'],
  cli: ['commander', 'io-ts', 'fp-ts', 'cli-progress', 'cli-table3', 'd3-scale', 'd3-shape', 'node:'],
};

/** Loaded where the environment asks for it: a program that is to be looked at need not be changed. */
const lateInspector = 'service/environment-watcher.ts → inspector/environment.ts';

function packageOf(target: string): string {
  if (target.startsWith('node:')) return 'node:';
  return target.split('/').slice(0, target.startsWith('@') ? 2 : 1).join('/');
}

const show = ({ from, target }: Import) => `${from} → ${target}`;

describe('layers', () => {
  it('has every source file in a known folder', () => {
    expect(files.filter((file) => !(folderOf(file) in allowed))).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('imports only existing files, and only downwards', () => {
    const local = imports.filter(({ target }) => isLocal(target));
    expect(local.filter(({ target }) => !inside.has(target)).map(show)).toEqual([]);
    const wrong = local.filter(({ from, target }) => {
      const [source, goal] = [folderOf(from), folderOf(target)];
      return `${from} → ${target}` !== lateInspector && source !== goal && allowed[source]?.includes(goal) !== true;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('imports only the packages of its folder', () => {
    const wrong = imports.filter(
      ({ from, target }) => !isLocal(target) && packages[folderOf(from)]?.includes(packageOf(target)) !== true,
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it('keeps the single-file exceptions single', () => {
    const users = (match: (entry: Import) => boolean) => [...new Set(imports.filter(match).map(({ from }) => from))];
    expect(users(({ target }) => target === 'ky')).toEqual(['api/archive-transfer.ts', 'api/fetch-transport.ts']);
    expect(users(({ target }) => packageOf(target) === 'undici')).toEqual(['api/undici-agent.d.ts', 'api/undici-transport.ts']);
    expect(users(({ from, target }) => folderOf(from) === 'machines' && folderOf(target) === 'api')).toEqual(['machines/poll.ts', 'machines/ports.ts']);
    expect(users(({ from, target }) => folderOf(from) === 'server' && target === 'api/http.ts')).toEqual([]);
    const inPage = (from: string) => from.startsWith('inspector/page/');
    expect(users(({ target }) => pagePackages.includes(packageOf(target))).filter((from) => folderOf(from) === 'inspector' && !inPage(from))).toEqual([]);
    expect(users(({ from, target }) => inPage(from) && !isLocal(target) && !pagePackages.includes(packageOf(target)))).toEqual([]);
    expect(users(({ target }) => target === '@jax-js/jax').every((from) => from.startsWith('server/engine/'))).toBe(true);
  });

  it('has no ring, not even through types', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file).map(({ target }) => target).filter((target) => inside.has(target))]));
    const state = new Map<string, 'open' | 'done'>();
    const rings: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        rings.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(rings).toEqual([]);
  });

  it('has no barrel but the entry points', () => {
    const barrels = files.filter((file) => posix.basename(file) === 'index.ts');
    expect(barrels).toEqual(['index.ts', 'inspector/index.ts', 'opentelemetry/index.ts', 'server/index.ts']);
  });
});
