import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { cruiseOptions, LAYERS, layerRules, projectsOf } from '../../tools/boundaries.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** One forbidden import per rule: a file of a project, what it imports, the rule that must object. */
const PLANTED = [
  { in: 'libs/kernel', imports: '@parapet/signals', objects: 'kernel-imports-layer' },
  { in: 'libs/kernel', imports: 'zod', objects: 'kernel-imports-package' },
  { in: 'libs/kernel', imports: 'node:crypto', objects: 'kernel-imports-node' },
  { in: 'libs/guardrails', imports: '@parapet/runtime', objects: 'domain-imports-layer' },
  { in: 'libs/decisions', imports: '@parapet/policy', objects: 'domain-imports-layer' },
  { in: 'libs/actuation', imports: 'zod', objects: 'domain-imports-package' },
  { in: 'libs/signals', imports: 'node:fs', objects: 'domain-imports-node' },
  { in: 'libs/policy', imports: '@parapet/postgres', objects: 'policy-imports-layer' },
  { in: 'libs/policy', imports: 'pg', objects: 'policy-imports-package' },
  { in: 'libs/contracts', imports: '@parapet/runtime', objects: 'contract-imports-layer' },
  { in: 'libs/contracts', imports: 'zod', objects: 'contract-imports-package' },
  { in: 'libs/contracts', imports: 'node:crypto', objects: 'contract-imports-node' },
  { in: 'libs/runtime', imports: '@parapet/contracts', objects: 'runtime-imports-layer' },
  { in: 'libs/runtime', imports: 'pg', objects: 'runtime-imports-package' },
  { in: 'libs/runtime', imports: 'node:timers', objects: 'runtime-imports-node' },
  { in: 'libs/probes', imports: '@parapet/jetstream', objects: 'probe-imports-layer' },
  { in: 'libs/postgres', imports: '@parapet/guardrails', objects: 'adapter-imports-layer' },
  { in: 'libs/postgres', imports: '@nestjs/common', objects: 'adapter-imports-nest' },
  { in: 'libs/jetstream', imports: '@nestjs/microservices', objects: 'adapter-imports-nest' },
  { in: 'libs/nest', imports: '../../../services/release-control/src/index.ts', objects: 'edge-imports-layer' },
  { in: 'services/kpi-probing', imports: '../../metrics-ingestion/src/index.ts', objects: 'service-imports-layer' },
  { in: 'services/cli', imports: '../../../tools/index.ts', objects: 'service-imports-layer' },
  { in: 'services/console-web', imports: '@parapet/postgres', objects: 'web-imports-layer' },
  { in: 'services/console-web', imports: 'pg', objects: 'web-imports-package' },
  { in: 'services/console-web', imports: 'node:fs', objects: 'web-imports-node' },
  { in: 'services/release-control', imports: '@parapet/testkit', objects: 'shipped-imports-testkit' },
  { in: 'libs/nest', imports: '../../../test/index.ts', objects: 'shipped-imports-testkit' },
  { in: 'libs/telemetry', imports: '@parapet/nothing-of-that-name', objects: 'unresolvable' },
] as const;

/** What the same layers may import: a rule that objects to everything proves nothing. */
const WELCOME = [
  { in: 'libs/guardrails', imports: '@parapet/kernel' },
  { in: 'libs/decisions', imports: '@parapet/guardrails' },
  { in: 'libs/policy', imports: 'zod' },
  { in: 'libs/policy', imports: 'node:crypto' },
  { in: 'libs/contracts', imports: '@bufbuild/protobuf' },
  { in: 'libs/postgres', imports: 'pg' },
  { in: 'libs/nest', imports: '@parapet/postgres' },
  { in: 'services/release-control', imports: '@nestjs/common' },
  { in: 'services/console-web', imports: 'react' },
  { in: 'libs/testkit', imports: '@parapet/nest' },
] as const;

/** A small copy of the tree: the projects' own package.json, an empty source each, and what is planted. */
function plantedTree(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'parapet-boundaries-')));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  mkdirSync(join(root, 'node_modules', '@parapet'), { recursive: true });
  for (const { folder } of projectsOf(repository)) {
    const manifest = readFileSync(join(repository, folder, 'package.json'), 'utf8');
    write(`${folder}/package.json`, manifest);
    write(`${folder}/src/index.ts`, 'export {};\n');
    symlinkSync(join(root, folder), join(root, 'node_modules', JSON.parse(manifest).name as string));
  }
  for (const entry of readdirSync(join(repository, 'node_modules'))) {
    if (entry !== '@parapet' && !entry.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', entry), join(root, 'node_modules', entry));
  }
  for (const folder of ['test', 'tools']) write(`${folder}/index.ts`, 'export {};\n');
  PLANTED.forEach((plant, i) => write(`${plant.in}/src/planted-${i}.ts`, `export * from '${plant.imports}';\n`));
  WELCOME.forEach((plant, i) => write(`${plant.in}/src/welcome-${i}.ts`, `export * from '${plant.imports}';\n`));
  write('libs/jetstream/src/strategy.ts', "export * from '@nestjs/microservices';\n");
  write('libs/guardrails/src/judge.test.ts', "export * from '@parapet/testkit';\n");
  return root;
}

/** The rules that object, by the file they object to. */
async function objections(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { output } = await cruise(
    ['libs', 'services'],
    { ...cruiseOptions, baseDir: root, validate: true, ruleSet: { forbidden: layerRules(root) } },
    cruiseOptions.enhancedResolveOptions,
  );
  const byFile = new Map<string, string[]>();
  for (const { from, rule } of (output as ICruiseResult).summary.violations)
    byFile.set(from, [...(byFile.get(from) ?? []), rule.name]);
  return byFile;
}

describe('who may import whom', () => {
  let root: string;
  let objectionsByFile: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    root = plantedTree();
    objectionsByFile = await objections(root);
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each(PLANTED.map((plant, i) => ({ ...plant, i })))('$in may not import $imports', (plant) => {
    expect(objectionsByFile.get(`${plant.in}/src/planted-${plant.i}.ts`)).toContain(plant.objects);
  });

  it.each(WELCOME.map((plant, i) => ({ ...plant, i })))('$in may import $imports', (plant) => {
    expect(objectionsByFile.get(`${plant.in}/src/welcome-${plant.i}.ts`)).toBeUndefined();
  });

  it('lets the transport strategy import the base class that NestJS demands, and tests import the testkit', () => {
    expect(objectionsByFile.get('libs/jetstream/src/strategy.ts')).toBeUndefined();
    expect(objectionsByFile.get('libs/guardrails/src/judge.test.ts')).toBeUndefined();
  });

  it('has a planted import for every rule, so that none can stop working unnoticed', () => {
    const rules = layerRules(repository).map(({ name }) => name);
    expect([...new Set<string>(PLANTED.map(({ objects }) => objects))].sort()).toEqual([...rules].sort());
  });

  it('knows the layer of every project', () => {
    const layers = new Set(projectsOf(repository).map(({ layer }) => layer));
    expect([...layers].sort()).toEqual([...Object.keys(LAYERS), 'testkit'].sort());
  });
});
