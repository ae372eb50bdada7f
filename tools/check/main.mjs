#!/usr/bin/env node
// Everything that can be said about the code without running it. Each step names its tool, so that it can be run alone.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../servers/index.mjs';

const STEPS = [
  {
    name: 'lock',
    why: 'npm ci accepts the lock on every platform',
    command: ['node', 'tools/lock-complete.mjs', '--check'],
  },
  { name: 'format', why: 'one formatter', command: ['biome', 'format', '.'] },
  { name: 'types', why: 'sources', command: ['tsc', '-b'] },
  { name: 'types of tests', why: 'tests and tools', command: ['tsc', '-p', 'tsconfig.test.json'] },
  { name: 'types of tools', why: 'JSDoc of tools', command: ['tsc', '-p', 'tools/tsconfig.json'] },
  { name: 'lint', why: 'type-aware rules', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  {
    name: 'boundaries',
    why: 'who may import whom',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'libs', 'services', 'test'],
  },
  ...(existsSync(join(projectDir, 'proto', 'buf.yaml'))
    ? [
        { name: 'contracts', why: 'wire format', command: ['buf', 'lint', 'proto'] },
        {
          name: 'promises',
          why: 'nothing breaks on the wire',
          command: ['buf', 'breaking', 'proto', '--against', 'proto/baseline.binpb'],
        },
      ]
    : []),
];

/**
 * Runs every step, also after one has failed.
 * @returns {{ passed: number; failed: readonly string[] }}
 */
export function check() {
  const failed = [];
  for (const { name, command } of STEPS) {
    const startedAtMs = Date.now();
    const [program = '', ...args] = command;
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: projectDir,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: `${join(projectDir, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` },
    });
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    if (status === 0) {
      console.log(`check: ${name} ok (${seconds} s)`);
      continue;
    }
    failed.push(name);
    console.error(`${stdout ?? ''}${stderr ?? ''}`.trimEnd());
    console.error(`check: ${name} FAILED (${command.join(' ')})`);
  }
  return { passed: STEPS.length - failed.length, failed };
}

if (process.argv[1] === join(projectDir, 'tools', 'check', 'main.mjs')) {
  const { failed } = check();
  if (failed.length > 0) console.error(`check: ${failed.join(', ')} failed`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
