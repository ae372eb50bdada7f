import type { AnswerRequest, Page, ProposalView } from '@parapet/contracts';
import { type Command, Option } from 'commander';
import type { Client } from '../client.js';
import { Context } from '../context.js';
import { EXIT, Failure } from '../exit.js';
import { facts, foreign, instant, span, wrap } from '../render/text.js';
import type { World } from '../world.js';

/** `parapet proposals …`: read what is asked of people, and answer it. */
export function proposalCommands(program: Command, world: World): void {
  const proposals = program.command('proposals').description('rollbacks that wait for a person');

  proposals
    .command('list')
    .description('proposals, the newest first')
    .addOption(
      new Option('--state <state>', 'only in this state').choices([
        'open',
        'approved',
        'rejected',
        'cancelled',
        'expired',
      ]),
    )
    .option('--after <cursor>', 'go on where a list ended (next)')
    .action(async (options: { state?: string; after?: string }, command: Command) => {
      const context = Context.of(world, command);
      const page = await context.client().get<Page<ProposalView>>('/v1/proposals', { query: { ...options } });
      context.answer(page, () => listText(context, page));
    });

  proposals
    .command('show <proposal>')
    .description('everything that a person needs to decide')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = Context.of(world, command);
      const proposal = await read(context.client(), id);
      context.answer(proposal, () => describe(context, proposal));
    });

  proposals
    .command('approve <proposal>')
    .description('approve the rollback; names the plan that was seen')
    .requiredOption('--reason <text>', 'why')
    .option('--plan-digest <digest>', 'the plan as shown; void if it changed since')
    .option('--yes', 'approve the plan as it is now, unasked')
    .action(async (id: string, options: { reason: string; planDigest?: string; yes?: boolean }, command: Command) => {
      const context = Context.of(world, command);
      const client = context.client();
      const proposal = await read(client, id);
      await confirm(context, proposal, options);
      const { planId } = proposal.plan;
      const request = { answer: 'approve', reason: options.reason, planId, planDigest: proposal.planDigest } as const;
      await answer(context, client, proposal.id, request, proposal.revision);
    });

  proposals
    .command('reject <proposal>')
    .description('reject the rollback: the release stays')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, options: { reason: string }, command: Command) => {
      const context = Context.of(world, command);
      const client = context.client();
      const { revision } = await read(client, id);
      await answer(context, client, id, { answer: 'reject', reason: options.reason }, revision);
    });

  proposals
    .command('ack <proposal>')
    .description('say that you are looking at it; decides nothing')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = Context.of(world, command);
      await answer(context, context.client(), id, { answer: 'acknowledge' });
    });

  proposals
    .command('comment <proposal> <text>')
    .description('leave a word for the others')
    .action(async (id: string, text: string, _options: unknown, command: Command) => {
      const context = Context.of(world, command);
      await answer(context, context.client(), id, { answer: 'comment', text });
    });
}

async function read(client: Client, id: string): Promise<ProposalView> {
  return client.get<ProposalView>(`/v1/proposals/${encodeURIComponent(id)}`);
}

async function answer(
  context: Context,
  client: Client,
  id: string,
  request: AnswerRequest,
  ifMatch?: number,
): Promise<void> {
  const path = `/v1/proposals/${encodeURIComponent(id)}/answers`;
  const after = await client.post<ProposalView>(path, request, ifMatch === undefined ? {} : { ifMatch });
  context.answer(after, () => describe(context, after));
}

/** Approving takes two deliberate acts, here as on the page: what is approved is named, or typed by the person who saw it. */
async function confirm(
  context: Context,
  proposal: ProposalView,
  options: { planDigest?: string; yes?: boolean },
): Promise<void> {
  if (options.planDigest !== undefined && options.planDigest !== proposal.planDigest) {
    throw new Failure(
      EXIT.refused,
      `the plan has changed since: it is ${proposal.planDigest} now; look at it again with parapet proposals show ${proposal.id}`,
    );
  }
  if (options.planDigest !== undefined || options.yes === true) return;
  context.progress(describe(context, proposal));
  const name = foreign(proposal.release.name);
  const typed = await context.world.ask(`\nType the name of the release (${name}) to approve: `);
  if (typed === null) {
    throw new Failure(
      EXIT.usage,
      `nobody is here to confirm: give --plan-digest ${proposal.planDigest} as shown by parapet proposals show, or --yes`,
    );
  }
  if (typed.trim() !== name) throw new Failure(EXIT.usage, 'that is another name; nothing was approved');
}

function listText(context: Context, page: Page<ProposalView>): string {
  if (page.items.length === 0) return 'no proposals';
  const more = page.next === null ? '' : `\n\nmore: --after ${page.next}`;
  return `${page.items.map((proposal) => `${proposal.id}  ${stateOf(context, proposal)}\n  ${wrap(foreign(proposal.headline), context.width, '  ')}`).join('\n\n')}${more}`;
}

function stateOf(context: Context, proposal: ProposalView): string {
  if (proposal.state !== 'open') return proposal.state;
  const left = span(Date.parse(proposal.expiresAt) - context.world.nowMs());
  return `${context.paint('bold', 'open')}, ${left} left${proposal.recovering ? ', recovering' : ''}`;
}

function describe(context: Context, proposal: ProposalView): string {
  const { width } = context;
  const { release, previous, plan, ended, acknowledgement } = proposal;
  const versions = (components: readonly { component: string; version: string }[]) =>
    components.map((one) => foreign(`${one.component} ${one.version}`)).join(', ');
  const head = facts(
    [
      ['proposal', `${proposal.id}, ${stateOf(context, proposal)}`],
      ['release', foreign(`${release.name} (${release.workload} in ${release.environment})`)],
      ['runs now', versions(release.components)],
      ['goes back to', previous === null ? 'nothing yet' : versions(previous.components)],
      [
        'if nobody answers',
        ended !== null ? null : `${foreign(proposal.ifNothing)} (${proposal.onExpiry}, ${instant(proposal.expiresAt)})`,
      ],
      [
        'approvals',
        `${proposal.approvals.length} of ${proposal.approvalsNeeded}${proposal.approvals.map((one) => foreign(`; ${one.by}: ${one.reason}`)).join('')}`,
      ],
      [
        'looked at by',
        acknowledgement === null ? null : foreign(`${acknowledgement.by} until ${instant(acknowledgement.until)}`),
      ],
      ['ended', ended === null ? null : foreign(`${ended.end} by ${ended.by.join(', ')}: ${ended.reason}`)],
      ['you may approve', proposal.eligible.may ? 'yes' : `no: ${foreign(proposal.eligible.why ?? 'not said')}`],
      ['plan digest', proposal.planDigest],
      ['page', foreign(proposal.links.page)],
    ],
    width,
  );
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['what speaks for it', proposal.evidence.map((one) => one.words)],
    ['what speaks against it', proposal.passing.map((one) => one.words)],
    ['what could not be judged', proposal.unknown.map((one) => one.words)],
    [
      'what would be done',
      plan.steps.map(
        (step) =>
          `${step.what} (${step.target}, reversible: ${step.reversible}${step.loses === undefined ? '' : `, loses ${step.loses}`})`,
      ),
    ],
    ['what stays changed', plan.notUndone],
    ['other ways', proposal.alternatives],
    ['said so far', proposal.comments.map((one) => `${one.by}: ${one.text}`)],
  ];
  const text = sections
    .filter(([, lines]) => lines.length > 0)
    .map(
      ([title, lines]) => `${title}\n${lines.map((line) => `  - ${wrap(foreign(line), width, '    ')}`).join('\n')}`,
    );
  return [context.paint('bold', wrap(foreign(proposal.headline), width)), head, ...text].join('\n\n');
}
