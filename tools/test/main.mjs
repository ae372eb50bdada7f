#!/usr/bin/env node
// Everything: checks, then unit, integration and end-to-end tests, each even where an earlier one failed; one line at the end.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../check/main.mjs';
import { projectDir } from '../servers/index.mjs';

/** End-to-end tests start whole systems: one at a time on two cores. */
const SUITES = [
  { name: 'unit', args: ['--maxWorkers=2'] },
  { name: 'int', args: ['--maxWorkers=2'] },
  { name: 'e2e', args: ['--runInBand'] },
];

const folder = join(projectDir, '.parapet', 'test-results');
mkdirSync(folder, { recursive: true });

const checked = check();
let passed = checked.passed;
let failed = checked.failed.length;
const extra = process.argv.slice(2);

for (const { name, args } of SUITES) {
  const results = join(folder, `${name}.json`);
  rmSync(results, { force: true });
  console.log(`\n${name} tests`);
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(projectDir, 'node_modules', 'jest', 'bin', 'jest.js'),
  ];
  const { status } = spawnSync(
    process.execPath,
    [...jest, ...args, '--passWithNoTests', '--json', `--outputFile=${results}`, ...extra],
    {
      cwd: projectDir,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PARAPET_SUITE: name },
    },
  );
  const counts = countsOf(results);
  passed += counts.passed;
  failed += counts.failed;
  // A crash of the runner itself leaves no failed test behind.
  if (status !== 0 && counts.failed === 0) failed += 1;
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/**
 * A file that could not be loaded counts as one failure: its tests were never seen.
 * @param {string} file
 */
function countsOf(file) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch (cause) {
    console.error(`no results of ${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
    return { passed: 0, failed: 0 };
  }
}
