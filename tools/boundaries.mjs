import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Who may import whom: a row per layer. `layers` are the other layers that it may import, its own included where it is listed;
 * `packages` the npm packages (all where absent), `node` whether Node's own modules are at hand.
 */
export const LAYERS = {
  kernel: { layers: [], packages: [], node: false },
  domain: { layers: ['kernel', 'domain'], packages: [], node: false },
  policy: { layers: ['kernel', 'domain'], packages: ['zod', 'yaml', 'rrule'], node: true },
  contract: { layers: ['kernel', 'domain'], packages: ['@bufbuild/protobuf'], node: false },
  runtime: { layers: ['kernel'], packages: [], node: false },
  probe: { layers: ['kernel', 'domain', 'policy'], node: true },
  adapter: { layers: ['kernel', 'contract', 'runtime'], node: true },
  edge: { layers: ['kernel', 'domain', 'policy', 'contract', 'runtime', 'adapter'], node: true },
  service: {
    layers: ['kernel', 'domain', 'policy', 'probe', 'contract', 'runtime', 'adapter', 'edge'],
    node: true,
  },
  web: { layers: ['kernel', 'domain', 'contract'], packages: ['react', 'react-dom', 'scheduler'], node: false },
};

/** The strategy is NestJS's own extension point: a transport cannot be one without its base class. */
const TRANSPORT_STRATEGY = '^libs/jetstream/src/(strategy|journal-handler)\\.ts$';
const TESTS = '(\\.test\\.tsx?$|^(libs|services)/[^/]+/(test|vite\\.config|playwright\\.config))';

/**
 * The projects of a workspace with their layers, from the tags in their package.json.
 * @param {string} root
 * @returns {{ folder: string; layer: string }[]}
 */
export function projectsOf(root) {
  return ['libs', 'services'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, group, entry.name, 'package.json')))
      .map((entry) => {
        const folder = `${group}/${entry.name}`;
        const { nx } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
        const layer = nx?.tags?.find((/** @type {string} */ tag) => tag.startsWith('layer:'))?.slice('layer:'.length);
        if (layer !== 'testkit' && !(layer in LAYERS))
          throw new Error(
            `${folder}/package.json: nx.tags must name one layer of ${Object.keys(LAYERS).join(', ')}, testkit`,
          );
        return { folder, layer };
      }),
  );
}

/**
 * The layer table as rules of dependency-cruiser.
 * @param {string} root
 */
export function layerRules(root) {
  const projects = projectsOf(root);
  const foldersOf = (/** @type {readonly string[]} */ layers) =>
    projects.filter(({ layer }) => layers.includes(layer)).map(({ folder }) => folder);
  const rules = Object.entries(LAYERS).flatMap(([layer, row]) => {
    const own = foldersOf([layer]);
    if (own.length === 0) return [];
    const from = { path: `^(${own.join('|')})/src/`, pathNot: TESTS };
    const allowed = foldersOf(row.layers);
    const packages = 'packages' in row ? row.packages : undefined;
    return [
      {
        name: `${layer}-imports-layer`,
        comment: `${layer} may import ${row.layers.join(', ') || 'no other layer'}`,
        severity: 'error',
        // "$1" is the importing project: what is inside one project is its own affair.
        from,
        to: {
          path: '^(libs|services|test|tools|bench)/',
          pathNot: ['^$1/', ...allowed.map((folder) => `^${folder}/`)],
        },
      },
      ...(packages
        ? [
            {
              name: `${layer}-imports-package`,
              comment: `${layer} may import ${packages.join(', ') || 'no package'}`,
              severity: 'error',
              from,
              to: { path: 'node_modules/', pathNot: packages.map((name) => `node_modules/${name}/`) },
            },
          ]
        : []),
      ...(row.node
        ? []
        : [
            {
              name: `${layer}-imports-node`,
              comment: `${layer} does not import Node's modules`,
              severity: 'error',
              from,
              to: { dependencyTypes: ['core'] },
            },
          ]),
    ];
  });
  return [
    ...rules,
    {
      name: 'adapter-imports-nest',
      comment: "adapters do not import NestJS, the transport strategy's base class aside",
      severity: 'error',
      from: { path: `^(${foldersOf(['adapter']).join('|')})/src/`, pathNot: [TESTS, TRANSPORT_STRATEGY] },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'shipped-imports-testkit',
      comment: 'nothing shipped imports the testkit or test/',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: ['^libs/testkit/', TESTS] },
      to: { path: '^(libs/testkit|test)/' },
    },
    {
      name: 'unresolvable',
      comment: 'what cannot be found cannot be judged either',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: TESTS },
      to: { couldNotResolve: true },
    },
  ];
}

/** How dependency-cruiser reads this code: sources through the export condition, SWC as the parser. */
export const cruiseOptions = {
  parser: /** @type {const} */ ('swc'),
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules|/dist/' },
  exclude: { path: '/dist/' },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['@parapet/source', 'node', 'import', 'types', 'default'],
    extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    mainFields: ['module', 'main', 'types'],
  },
};
