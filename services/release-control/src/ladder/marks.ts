import { type MarkView, toJournal } from '@parapet/contracts';
import { formatInstant, invariant } from '@parapet/kernel';
import { ProblemError } from '@parapet/nest';
import type { VerdictChanged } from '@parapet/guardrails';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { JournalRow } from '@parapet/runtime';
import type { MarkBody } from '../http/requests.js';
import type { ReleasePlace } from '../releases/release-store.js';
import type { By, ReleaseStreams } from '../releases/release-streams.js';
import { releaseEventOf } from '../releases/views.js';
import { breachesIn, policyNow } from './breaches.js';
import { lockLadder } from './ladder-store.js';
import type { Ladder } from './ladder.js';
import { marksOf, saveBreaches, saveMark } from './mark-store.js';

/** People's words on verdicts: taken, journaled, and counted for the precision of guardrails, in one transaction. */
export class Marks {
  constructor(
    private readonly streams: ReleaseStreams,
    private readonly ladder: Ladder,
  ) {}

  /** Takes a word; where it takes a guardrail's precision below its policy's floor, the guardrail is stepped down at once. */
  async mark(
    tx: Tx,
    configuration: Configuration | null,
    place: ReleasePlace,
    { verdict: sequence, guardrail, right, reason }: MarkBody,
    by: By,
  ): Promise<readonly MarkView[]> {
    await lockLadder(tx, place.environment);
    const rows = await this.streams.read(tx, place);
    const verdict = verdictAt(rows, sequence);
    const report = guardrail === undefined ? undefined : reportOf(verdict, guardrail);
    const event = toJournal({
      type: 'VerdictMarked',
      verdict: sequence,
      said: verdict.to,
      ...(guardrail === undefined ? {} : { guardrail }),
      right,
      reason,
      by: by.actor.id,
    });
    const [row] = await this.streams.append(tx, place, by, [event]);
    invariant(row, 'a word on a verdict was not journaled');
    await saveMark(tx, {
      release: place.id,
      verdict: sequence,
      guardrail: guardrail ?? '',
      subject: by.actor.id,
      isRight: right,
      isOfBreach: report === undefined ? verdict.to === 'fail' : report.verdict === 'breach',
      reason,
      seq: row.seq,
    });
    // The loop that follows verdicts keeps them too; here they must not be later than the word on them.
    await saveBreaches(tx, breachesIn(rows, place));
    const policy = policyNow(configuration, rows);
    if (policy !== null) await this.ladder.settle(tx, place.environment, policy, by);
    return this.list(tx, place);
  }

  /** The words on a release, the newest first. */
  async list(tx: Tx, place: ReleasePlace): Promise<readonly MarkView[]> {
    const marks = await marksOf(tx, place.id);
    return marks.map(({ guardrail, at, ...mark }) => ({
      ...mark,
      at: formatInstant(at.getTime()),
      ...(guardrail === '' ? {} : { guardrail }),
    }));
  }
}

function verdictAt(rows: readonly JournalRow[], sequence: number): VerdictChanged {
  const row = rows.find((one) => one.version === sequence);
  const event = row === undefined ? null : releaseEventOf(row);
  if (event?.type === 'VerdictChanged') return event;
  const verdicts = rows.filter((one) => one.type === 'verdict.changed').map((one) => one.version);
  const known = verdicts.length === 0 ? 'it has none yet' : `its verdicts are ${verdicts.join(', ')}`;
  throw new ProblemError(422, 'unknown-verdict', `${sequence} is no verdict of this release: ${known}`, {
    field: '/verdict',
  });
}

function reportOf(verdict: VerdictChanged, guardrail: string): VerdictChanged['guardrails'][number] {
  const report = verdict.guardrails.find((one) => one.name === guardrail);
  if (report !== undefined) return report;
  const names = verdict.guardrails.map((one) => one.name).join(', ');
  throw new ProblemError(422, 'unknown-guardrail', `${guardrail} has no part in this verdict (${names})`, {
    field: '/guardrail',
  });
}
