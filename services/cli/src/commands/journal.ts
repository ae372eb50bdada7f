import { createHash } from 'node:crypto';
import type { JournalRowView, Page, RepublishRequest, RepublishView } from '@parapet/contracts';
import { GENESIS_HASH, verifyRows } from '@parapet/runtime';
import { type Command, InvalidArgumentError } from 'commander';
import { Context } from '../context.js';
import { EXIT, Failure } from '../exit.js';
import { foreign } from '../render/text.js';
import type { World } from '../world.js';

/** `parapet audit verify` and `parapet journal republish`. */
export function journalCommands(program: Command, world: World): void {
  program
    .command('audit')
    .description('the audit log, which is the journal')
    .command('verify')
    .description('recompute every hash of the chain; ends 1 at the first bad row')
    .option('--head <seq:hash>', 'a head kept elsewhere; the chain must hold it', head)
    .action(async (options: { head?: Head }, command: Command) => {
      const context = Context.of(world, command);
      const verified = await verifyAll(context, options.head);
      context.answer(
        { intact: true, ...verified },
        () => `journal of ${verified.tenant}: ${verified.rows} rows, intact\nhead ${verified.rows}:${verified.head}`,
      );
    });

  program
    .command('journal')
    .description('the journal and its stream of events')
    .command('republish')
    .description('publish events again after a broker has lost them; ids stay the same')
    .requiredOption('--from <seq>', 'the first row to publish', seq)
    .action(async (options: { from: number }, command: Command) => {
      const context = Context.of(world, command);
      const request: RepublishRequest = { from: options.from };
      const view = await context.client().post<RepublishView>('/v1/journal/republish', request, { timeoutMs: 600_000 });
      context.answer(view, () => `${view.events} events published again, from row ${view.from}`);
    });
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

interface Verified {
  readonly tenant: string;
  readonly rows: number;
  readonly head: string;
}

const PAGE_ROWS = 200;

async function verifyAll(context: Context, kept: Head | undefined): Promise<Verified> {
  const client = context.client();
  let hash = GENESIS_HASH;
  let rows = 0;
  let tenant = '';
  let toldAtMs = context.world.nowMs();
  for (;;) {
    const page = await client.get<Page<JournalRowView>>('/v1/journal', { query: { after: rows, limit: PAGE_ROWS } });
    const check = verifyRows(page.items, hash, sha256, rows);
    if (check.kind === 'broken')
      throw broken(
        check.seq,
        WHY[check.reason],
        page.items.find((row) => row.seq === check.seq),
      );
    tenant = page.items[0]?.tenant ?? tenant;
    const stranger = page.items.find((row) => row.tenant !== tenant);
    if (stranger !== undefined)
      throw broken(stranger.seq, `it is of another tenant, ${foreign(stranger.tenant)}`, stranger);
    const keptRow = kept === undefined ? undefined : page.items.find((row) => row.seq === kept.seq);
    if (kept !== undefined && keptRow !== undefined && keptRow.hash !== kept.hash)
      throw broken(kept.seq, 'it is not the head that was kept: the chain was written anew', keptRow);
    hash = check.hash;
    rows = check.lastSeq ?? rows;
    if (page.items.length === 0 || page.next === null) break;
    if (context.world.nowMs() - toldAtMs > 2000) {
      toldAtMs = context.world.nowMs();
      context.progress(`${rows} rows intact so far`);
    }
  }
  if (kept !== undefined && kept.seq > rows)
    throw broken(kept.seq, `the chain ends at row ${rows}: its end was cut off`, undefined);
  return { tenant: tenant === '' ? 'this tenant' : foreign(tenant), rows, head: hash };
}

const WHY = {
  gap: 'rows before it are missing',
  'other-predecessor': 'it does not follow the row before it',
  altered: 'it was altered after it was written',
} as const;

function broken(seq: number, why: string, row: JournalRowView | undefined): Failure {
  const what = row === undefined ? '' : ` (${foreign(row.type)} of ${foreign(row.stream)}, ${foreign(row.recordedAt)})`;
  const json = { intact: false, seq, reason: why, ...(row === undefined ? {} : { row }) };
  return new Failure(EXIT.fail, `the journal is broken: row ${seq}${what}: ${why}`, json);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function seq(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1');
  return value;
}

function head(text: string): Head {
  const parts = /^([1-9]\d*):([0-9a-f]{64})$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('a row and its hash as audit verify prints them: SEQ:HASH');
  return { seq: Number(parts[1]), hash: parts[2] as string };
}
