import { canonicalJson } from '@parapet/kernel';
import { BUILT_IN_SIGNALS, type SignalForm } from './built-in-signals.js';
import { checkDecisionTable } from './decision-table.js';
import type { CheckedDocument, CheckedDocumentOf, Claim } from './document.js';
import type { Path } from './located.js';
import { type ConfigurationProblem, problemAt } from './problem.js';
import type { Kind, Spec } from './schema/kinds.js';
import { didYouMean } from './suggest.js';

/** Everything that a tenant's documents say about each other. */
interface Neighbourhood {
  of<K extends Kind>(kind: K): readonly CheckedDocumentOf<K>[];
  /** Names of a kind, those of broken documents included. */
  names(kind: Kind): readonly string[];
}

/** Checks what no single document can show: names that lead nowhere, and rules that could never do anything. */
export function crossCheck(documents: readonly CheckedDocument[], claims: readonly Claim[]): ConfigurationProblem[] {
  const tenants = new Set(documents.map((document) => document.tenant));
  const perTenant = [...tenants].flatMap((tenant) => {
    const own = documents.filter((document) => document.tenant === tenant);
    const near: Neighbourhood = {
      of: (kind) => own.filter((document) => document.kind === kind) as never,
      names: (kind) =>
        claims.filter((claim) => claim.kind === kind && claim.tenant === tenant).map((claim) => claim.name),
    };
    return own.flatMap((document) => [...checkTenantExists(document, near), ...checkDocument(document, near)]);
  });
  return [...checkUnique(documents), ...checkCredentials(documents), ...perTenant];
}

function checkDocument(document: CheckedDocument, near: Neighbourhood): ConfigurationProblem[] {
  switch (document.kind) {
    case 'Tenant':
      return checkTenant(document);
    case 'Workload':
      return checkWorkload(document, near);
    case 'GuardrailPolicy':
      return checkGuardrailPolicy(document, near);
    case 'DecisionPolicy':
      return checkDecisionTable(document);
    case 'SignalSource':
      return checkSignalSource(document, near);
  }
}

/** A kind and name once a tenant; a source once an installation, since its name alone is in the address it posts to. */
function checkUnique(documents: readonly CheckedDocument[]): ConfigurationProblem[] {
  const seen = new Map<string, CheckedDocument>();
  return documents.flatMap((document) => {
    const owner = document.kind === 'SignalSource' ? '' : document.tenant;
    const key = `${document.kind}/${owner}/${document.name}`;
    const first = seen.get(key);
    seen.set(key, first ?? document);
    if (first === undefined) return [];
    const text = `there is already a ${document.kind} "${document.name}" in ${first.where.file}:${first.where.line}`;
    return [problemAt(document.where, ['metadata', 'name'], text, 'a name of its own')];
  });
}

/** A token says who calls, in the whole installation; one that two hold says nothing. */
function checkCredentials(documents: readonly CheckedDocument[]): ConfigurationProblem[] {
  const holders = new Map<string, string>();
  return documents.flatMap((document) =>
    credentialsOf(document).flatMap(({ ref, path, holder }) => {
      const credential = canonicalJson(ref);
      const first = holders.get(credential);
      holders.set(credential, first ?? holder);
      if (first === undefined || first === holder) return [];
      return [problemAt(document.where, path, `this credential is also that of ${first}`, 'a credential of its own')];
    }),
  );
}

function credentialsOf(document: CheckedDocument): { ref: unknown; path: Path; holder: string }[] {
  if (document.kind === 'SignalSource') {
    const holder = `SignalSource "${document.name}"`;
    return document.parsed.credentials.map((ref, i) => ({ ref, path: ['spec', 'credentials', i], holder }));
  }
  if (document.kind !== 'Tenant') return [];
  return document.parsed.access.flatMap((access, i) =>
    access.credentials.map((ref, j) => ({
      ref,
      path: ['spec', 'access', i, 'credentials', j],
      holder: `"${access.subject}" of Tenant "${document.name}"`,
    })),
  );
}

function checkTenantExists(document: CheckedDocument, near: Neighbourhood): ConfigurationProblem[] {
  if (document.kind === 'Tenant' || near.names('Tenant').includes(document.tenant)) return [];
  return [
    problemAt(
      document.where,
      ['metadata', 'tenant'],
      `there is no Tenant "${document.tenant}"`,
      'the name of a Tenant',
    ),
  ];
}

function checkTenant(document: CheckedDocumentOf<'Tenant'>): ConfigurationProblem[] {
  const { environments, access } = document.parsed;
  return [
    ...repeated(document, environments, ['spec', 'environments'], (one) => one.name),
    ...repeated(document, access, ['spec', 'access'], (one) => one.subject),
  ];
}

function checkWorkload(document: CheckedDocumentOf<'Workload'>, near: Neighbourhood): ConfigurationProblem[] {
  const { components, targets, probes } = document.parsed;
  const targetNames = targets.map((target) => target.name);
  return [
    ...mustName(
      document,
      ['spec', 'guardrailPolicy'],
      document.parsed.guardrailPolicy,
      'GuardrailPolicy',
      near.names('GuardrailPolicy'),
    ),
    ...mustName(
      document,
      ['spec', 'decisionPolicy'],
      document.parsed.decisionPolicy,
      'DecisionPolicy',
      near.names('DecisionPolicy'),
    ),
    ...repeated(document, components, ['spec', 'components'], (one) => one.name),
    ...repeated(
      document,
      targets,
      ['spec', 'targets'],
      (one) => `${one.name}${one.environment === undefined ? '' : ` in ${one.environment}`}`,
    ),
    ...repeated(document, probes, ['spec', 'probes'], (one) => one.name),
    ...components.flatMap((one, i) =>
      mustName(document, ['spec', 'components', i, 'target'], one.target, 'target', targetNames),
    ),
    ...targets.flatMap((one, i) =>
      one.environment === undefined
        ? []
        : mustBeEnvironment(document, ['spec', 'targets', i, 'environment'], one.environment, near),
    ),
    ...probes.flatMap((one, i) =>
      mustBeEnvironment(document, ['spec', 'probes', i, 'environment'], one.environment, near),
    ),
  ];
}

function checkSignalSource(document: CheckedDocumentOf<'SignalSource'>, near: Neighbourhood): ConfigurationProblem[] {
  const { environments, signals, pairedWith } = document.parsed;
  return [
    ...environments.flatMap((name, i) => mustBeEnvironment(document, ['spec', 'environments', i], name, near)),
    ...repeated(document, signals, ['spec', 'signals'], (one) => one.name),
    ...signals.flatMap((one, i) => checkDeclaration(document, i, one.name, near)),
    ...(pairedWith === undefined ? [] : checkPair(document, pairedWith, near)),
  ];
}

function checkDeclaration(
  document: CheckedDocumentOf<'SignalSource'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const path = ['spec', 'signals', i, 'name'];
  if (BUILT_IN_SIGNALS.some((signal) => signal.name === name)) {
    return [
      problemAt(
        document.where,
        path,
        `"${name}" is built in with a probe and must not be declared again`,
        'another name',
      ),
    ];
  }
  const mine = document.parsed.signals[i];
  const other = near
    .of('SignalSource')
    .find(
      (one) =>
        one.name !== document.name &&
        one.parsed.signals.some((signal) => signal.name === name && !sameMeaning(signal, mine)),
    );
  if (other === undefined) return [];
  return [
    problemAt(
      document.where,
      path,
      `"${name}" is declared otherwise by SignalSource "${other.name}"`,
      'the same unit, badDirection and temporality',
    ),
  ];
}

function sameMeaning(
  a: Spec<'SignalSource'>['signals'][number],
  b: Spec<'SignalSource'>['signals'][number] | undefined,
): boolean {
  return a.unit === b?.unit && a.badDirection === b.badDirection && a.temporality === b.temporality;
}

function checkPair(
  document: CheckedDocumentOf<'SignalSource'>,
  pairedWith: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const path = ['spec', 'pairedWith'];
  if (pairedWith === document.name)
    return [problemAt(document.where, path, 'a source cannot be its own pair', 'another SignalSource')];
  const missing = mustName(document, path, pairedWith, 'SignalSource', near.names('SignalSource'));
  if (missing.length > 0) return missing;
  const other = near.of('SignalSource').find((one) => one.name === pairedWith);
  if (other === undefined || other.parsed.pairedWith === document.name) return [];
  return [
    problemAt(
      document.where,
      path,
      `"${pairedWith}" does not name "${document.name}" in return`,
      `pairedWith: ${document.name} there`,
    ),
  ];
}

function checkGuardrailPolicy(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const { guardrails, watch } = document.parsed;
  const coverageProblem =
    watch.warmUp >= watch.duration
      ? [
          problemAt(
            document.where,
            ['spec', 'watch', 'warmUp'],
            'warmUp must be shorter than duration',
            'less than duration',
          ),
        ]
      : [];
  return [
    ...coverageProblem,
    ...repeated(document, guardrails, ['spec', 'guardrails'], (one) => one.name),
    ...guardrails.flatMap((one, i) => [
      ...(one.signal === undefined ? [] : checkSignal(document, i, one.signal, near)),
      ...(one.alerts === undefined ? [] : checkAlerts(document, i, near)),
      ...checkPatience(document, i),
    ]),
  ];
}

interface KnownSignal {
  readonly name: string;
  readonly badDirection: 'high' | 'low';
  readonly form?: SignalForm;
  readonly dimensions: readonly string[];
}

function checkSignal(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const declared = near.of('SignalSource').flatMap((source) => source.parsed.signals as readonly KnownSignal[]);
  const known: readonly KnownSignal[] = [...BUILT_IN_SIGNALS, ...declared];
  const path = ['spec', 'guardrails', i, 'signal'];
  const signal = known.find((one) => one.name === name);
  if (signal === undefined) {
    const names = [...new Set(known.map((one) => one.name))];
    const text = `no SignalSource declares "${name}" and no probe measures it${didYouMean(name, names)}`;
    return [problemAt(document.where, path, text, names.join(', '))];
  }
  return [
    ...checkProbed(document, i, name, near),
    ...checkTest(document, i, signal),
    ...checkWhere(document, i, signal),
  ];
}

/** A built-in signal needs a probe in a workload that this policy judges, or nothing ever measures it. */
function checkProbed(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const builtIn = BUILT_IN_SIGNALS.find((one) => one.name === name);
  if (builtIn === undefined) return [];
  const users = near.of('Workload').filter((workload) => workload.parsed.guardrailPolicy === document.name);
  return users
    .filter((workload) => !workload.parsed.probes.some((probe) => probe.kind === builtIn.probe))
    .map((workload) =>
      problemAt(
        document.where,
        ['spec', 'guardrails', i, 'signal'],
        `"${name}" is measured by a probe of kind ${builtIn.probe}, and Workload "${workload.name}" has none`,
        `a probe of kind ${builtIn.probe} in that Workload, or another signal`,
      ),
    );
}

function checkTest(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const test = document.parsed.guardrails[i]?.test;
  if (test === undefined) return [];
  const at = (field: string, text: string, allowed: string) => [
    problemAt(document.where, ['spec', 'guardrails', i, 'test', field], text, allowed),
  ];
  if (test.kind !== 'threshold') {
    if (signal.form === 'gauge')
      return at(
        'kind',
        `"${signal.name}" is a value, not a count: there is nothing to take a ${test.kind} of`,
        'threshold',
      );
    if (signal.form === 'rate' && test.kind === 'proportion')
      return at('kind', `"${signal.name}" counts events of time, not bad of total`, 'rate, threshold');
    return [];
  }
  // Beyond the good side there is nothing to protect: such a threshold would fire when things get better, and never when worse.
  if (test.above !== undefined && signal.badDirection === 'low')
    return at('above', `"${signal.name}" gets worse downwards: above could never be a breach`, 'below');
  if (test.below !== undefined && signal.badDirection === 'high')
    return at('below', `"${signal.name}" gets worse upwards: below could never be a breach`, 'above');
  if (signal.form !== 'proportion') return [];
  if (test.above !== undefined && test.above >= 1)
    return at('above', 'can never be exceeded: bad of total is never more than 1', 'a number below 1');
  if (test.below !== undefined && test.below <= 0)
    return at('below', 'can never be undercut: good of total is never less than 0', 'a number above 0');
  return [];
}

function checkWhere(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  signal: KnownSignal,
): ConfigurationProblem[] {
  const allowed = [...signal.dimensions, 'store', 'arm'];
  const named = Object.keys(document.parsed.guardrails[i]?.where ?? {});
  return named
    .filter((dimension) => !allowed.includes(dimension))
    .map((dimension) =>
      problemAt(
        document.where,
        ['spec', 'guardrails', i, 'where', dimension],
        `"${signal.name}" has no dimension "${dimension}"${didYouMean(dimension, allowed)}`,
        allowed.join(', '),
      ),
    );
}

function checkAlerts(
  document: CheckedDocumentOf<'GuardrailPolicy'>,
  i: number,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const senders = near.of('SignalSource').filter((source) => source.parsed.kind === 'alertmanager');
  const broken = near
    .names('SignalSource')
    .filter((name) => !near.of('SignalSource').some((source) => source.name === name));
  const names = [...senders.map((source) => source.name), ...broken];
  const path = ['spec', 'guardrails', i, 'alerts'];
  if (names.length === 0)
    return [
      problemAt(
        document.where,
        path,
        'no SignalSource of kind alertmanager sends alerts',
        'a SignalSource of kind alertmanager',
      ),
    ];
  const sources = document.parsed.guardrails[i]?.alerts?.sources ?? [];
  return sources.flatMap((name, j) =>
    mustName(document, [...path, 'sources', j], name, 'SignalSource of kind alertmanager', names),
  );
}

/** Patience as long as the watch leaves no moment at which the guardrail could fire. */
function checkPatience(document: CheckedDocumentOf<'GuardrailPolicy'>, i: number): ConfigurationProblem[] {
  const guardrail = document.parsed.guardrails[i];
  const { duration, extend } = document.parsed.watch;
  const inTest = guardrail?.test?.kind === 'threshold' ? guardrail.test.for : null;
  const patience = inTest ?? guardrail?.alerts?.for ?? null;
  if (patience === null || patience < duration + extend) return [];
  const path = ['spec', 'guardrails', i, inTest === null ? 'alerts' : 'test', 'for'];
  return [
    problemAt(
      document.where,
      path,
      'is as long as the watch: it could never be a breach',
      'less than watch.duration and watch.extend together',
    ),
  ];
}

function mustName(
  document: CheckedDocument,
  path: Path,
  name: string,
  what: string,
  names: readonly string[],
): ConfigurationProblem[] {
  if (names.includes(name)) return [];
  const allowed = names.length === 0 ? `the name of a ${what}` : [...new Set(names)].join(', ');
  return [problemAt(document.where, path, `there is no ${what} "${name}"${didYouMean(name, names)}`, allowed)];
}

function mustBeEnvironment(
  document: CheckedDocument,
  path: Path,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const tenant = near.of('Tenant')[0];
  // Without its Tenant there is nothing to compare with; that it is missing is said once, elsewhere.
  if (tenant === undefined) return [];
  return mustName(
    document,
    path,
    name,
    'environment',
    tenant.parsed.environments.map((one) => one.name),
  );
}

function repeated<T>(
  document: CheckedDocument,
  items: readonly T[],
  path: Path,
  nameOf: (item: T) => string,
): ConfigurationProblem[] {
  const names = items.map(nameOf);
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [problemAt(document.where, [...path, i], `"${name}" stands here twice`, 'each name once')],
  );
}
