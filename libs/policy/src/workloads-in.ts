import { calendarOf } from './calendar-of.js';
import type { TradingCalendar } from './calendar.js';
import type { WorkloadConfiguration } from './configuration.js';
import { workloadOf } from './configuration-of.js';
import { type CheckedDocument, checkShape } from './document.js';
import { type ConfigurationFile, readYaml } from './located.js';
import type { ConfigurationProblem } from './problem.js';

/** A workload of a file, with the calendars of its tenant that stand beside it. */
export interface WrittenWorkload {
  readonly tenant: string;
  readonly workload: WorkloadConfiguration;
  readonly calendars: readonly TradingCalendar[];
}

/**
 * The workloads that files declare, each by itself: what they name in other files need not be there, which is what trying a
 * probe asks for. Either all of them or every problem of the files.
 */
export function workloadsIn(
  files: readonly ConfigurationFile[],
): { readonly workloads: readonly WrittenWorkload[] } | { readonly problems: readonly ConfigurationProblem[] } {
  const read = files.map(readYaml);
  const checked = read.flatMap(({ documents }) => documents.map(checkShape));
  const problems = [
    ...read.flatMap((file) => file.problems),
    ...checked.flatMap((result) => (isDocument(result) ? [] : result)),
  ];
  if (problems.length > 0) return { problems };
  const documents = checked.filter(isDocument);
  return {
    workloads: documents.flatMap((document) =>
      document.kind === 'Workload'
        ? [
            {
              tenant: document.tenant,
              workload: workloadOf(asRead(document)),
              calendars: calendarsBeside(document, documents),
            },
          ]
        : [],
    ),
  };
}

function calendarsBeside({ tenant }: CheckedDocument, documents: readonly CheckedDocument[]): TradingCalendar[] {
  return documents.flatMap((document) =>
    document.kind === 'TradingCalendar' && document.tenant === tenant ? [calendarOf(asRead(document))] : [],
  );
}

function isDocument(result: CheckedDocument | readonly ConfigurationProblem[]): result is CheckedDocument {
  return !Array.isArray(result);
}

/** As a stored document is read; what was never stored has no revision. */
function asRead<D extends CheckedDocument>({
  name,
  spec,
  parsed,
}: D): { name: string; revision: number; written: D['spec']; spec: D['parsed'] } {
  return { name, revision: 0, written: spec, spec: parsed };
}
