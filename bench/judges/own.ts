/**
 * Our judge on the same releases: the policy that we recommend, through the code that judges in production (`libs/backtest`). Nothing
 * here is written for the benchmark.
 */
import { type BacktestPolicy, backtest, readRelease } from '@parapet/backtest';
import { configurationOf, declaredSignals, describeProblem, parseDocuments } from '@parapet/policy';
import type { Verdict } from './release.ts';

const ENVIRONMENTS = [{ name: 'production' }];

/** The one policy of a configuration file, with the signals that it declares. */
export function policyOf(file: string, text: string): BacktestPolicy {
  const tenant = /tenant: ([a-z0-9-]+)/.exec(text)?.[1] ?? 'bench';
  const beside = { tenant, kind: 'Tenant', name: tenant, spec: { environments: ENVIRONMENTS } } as const;
  const parsed = parseDocuments([{ file, text }], [beside]);
  if ('problems' in parsed) throw new Error(parsed.problems.map(describeProblem).join('\n'));
  const stored = [{ ...beside, digest: '' }, ...parsed.documents].map((one) => ({ ...one, revision: 1 }));
  const configuration = configurationOf(tenant, stored);
  const [policy] = configuration.guardrailPolicies;
  if (policy === undefined) throw new Error(`there is no GuardrailPolicy in ${file}`);
  return { policy, signals: declaredSignals(configuration) };
}

/** Judges a release as it stands in the file. */
export function judgeOwn(policy: BacktestPolicy, record: unknown): Verdict {
  const read = readRelease(record);
  if ('faults' in read) throw new Error(read.faults.map(({ field, problem }) => `${field} ${problem}`).join('\n'));
  const { degradedTick, verdict, attributed } = backtest(policy, read.release);
  return { degradedTick, verdict, attributed };
}
