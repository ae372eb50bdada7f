import type { GuardrailView, RestoreRequest } from '@parapet/contracts';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { foreign, instant, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface Views {
  readonly items: readonly GuardrailView[];
}

/** `parapet guardrails …`: how far each guardrail is trusted, and giving one the right to act again. */
export function guardrailCommands(program: Command, world: World): void {
  const guardrails = program.command('guardrails').description('how far guardrails are trusted, and why');

  guardrails
    .command('list')
    .description('mode, precision, breaches and proof of every guardrail')
    .option('--policy <name>', 'only of this GuardrailPolicy')
    .option('--environment <environment>', 'only in this environment')
    .action(async (options: { policy?: string; environment?: string }, command: Command) => {
      const context = Context.of(world, command);
      const { items } = await context.client().get<Views>('/v1/guardrails');
      const shown = items.filter(
        (one) =>
          (options.policy === undefined || one.policy === options.policy) &&
          (options.environment === undefined || one.environment === options.environment),
      );
      context.answer({ items: shown }, () =>
        shown.length === 0 ? 'no guardrail is declared' : shown.map((one) => describe(context, one)).join('\n\n'),
      );
    });

  guardrails
    .command('restore <policy> <guardrail>')
    .description('let a guardrail act again that was stepped down for its precision; what is marked from now on counts')
    .option('--environment <environment>', 'only there; else wherever it was stepped down')
    .requiredOption('--reason <text>', 'why it is to be trusted again: kept in the audit log')
    .action(
      async (
        policy: string,
        guardrail: string,
        options: { environment?: string; reason: string },
        command: Command,
      ) => {
        const context = Context.of(world, command);
        const { environment, reason } = options;
        const request: RestoreRequest = { ...(environment === undefined ? {} : { environment }), reason };
        const path = `/v1/guardrails/${encodeURIComponent(policy)}/${encodeURIComponent(guardrail)}/restore`;
        const view = await context.client().post<Views>(path, request);
        context.answer(view, () => view.items.map((one) => describe(context, one)).join('\n\n'));
      },
    );
}

function describe(context: Context, one: GuardrailView): string {
  const { paint, width } = context;
  const mode =
    one.mode === one.declared ? paint('bold', one.mode) : `${paint('bold', one.mode)} (declared ${one.declared})`;
  const lines = [
    foreign(one.words),
    precisionText(one),
    one.breaches === 0
      ? 'no breach yet'
      : `${one.breaches} ${one.breaches === 1 ? 'breach' : 'breaches'}${one.lastBreach === null ? '' : `, the last ${instant(one.lastBreach.at)} in ${foreign(one.lastBreach.release)}`}`,
    one.data.at === null
      ? 'never returned data'
      : `${one.data.returns ? 'returns data' : paint('red', 'returns no data now')}, newest ${instant(one.data.at)}`,
    ...(one.test === null ? [] : [`self-test ${instant(one.test.at)}: ${foreign(one.test.words)}`]),
  ];
  return `${one.policy}/${one.guardrail} in ${one.environment}: ${mode}\n${lines.map((line) => `  ${wrap(line, width, '  ')}`).join('\n')}`;
}

function precisionText({ precision, marks, floor }: GuardrailView): string {
  if (precision === null) return 'precision unknown: no breach was marked';
  const n = marks.right + marks.wrong;
  const counts = n < floor.marks ? `; counts from ${floor.marks} on` : `; floor ${percent(floor.floor)}`;
  return `precision ${percent(precision.value)} (${percent(precision.low)} to ${percent(precision.high)}): ${marks.right} of ${n} marked breaches were right${counts}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
