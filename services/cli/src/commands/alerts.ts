import type { AlertEpisodeView, AlertsView, SettleAlertRequest } from '@parapet/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Context } from '../context.js';
import { foreign, instant, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface SettleOptions {
  readonly episode: number;
  readonly as: 'resolved' | 'firing';
  readonly reason: string;
}

/** `parapet alerts …`: what fires, what is in doubt, and a person's word on that. */
export function alertCommands(program: Command, world: World): void {
  const alerts = program.command('alerts').description('alerts of an environment, and what is in doubt about them');

  alerts
    .command('list')
    .description('what is in doubt, what fires, and whose doing it is')
    .requiredOption('--environment <environment>', 'where')
    .action(async (options: { environment: string }, command: Command) => {
      const context = Context.of(world, command);
      const view = await context.client().get<AlertsView>('/v1/alerts', { query: { ...options } });
      context.answer(view, () => listText(context, view));
    });

  alerts
    .command('settle <source> <fingerprint>')
    .description(
      'say how an alert in doubt stands: unseen, unconfirmed, disputed or abandoned; later messages of its sender still count',
    )
    .requiredOption('--episode <number>', 'which time of its firing, as alerts list shows it', count)
    .addOption(new Option('--as <state>', 'how it stands').choices(['resolved', 'firing']).makeOptionMandatory())
    .requiredOption('--reason <text>', 'why: kept in the audit log and with the verdict')
    .action(async (source: string, fingerprint: string, options: SettleOptions, command: Command) => {
      const context = Context.of(world, command);
      const path = `/v1/alerts/${encodeURIComponent(source)}/${encodeURIComponent(fingerprint)}/settle`;
      const { episode, as, reason } = options;
      const request: SettleAlertRequest = { episode, as, reason };
      const view = await context.client().post<AlertEpisodeView>(path, request);
      context.answer(view, () => describe(context, view));
    });
}

function listText(context: Context, view: AlertsView): string {
  const sources = view.sources.map(({ source, health, heardAt }) => {
    const heard = heardAt === null ? 'never heard' : `last heard ${instant(heardAt)}`;
    return `${foreign(source)}: ${health === 'alive' ? health : context.paint('bold', health)}, ${heard}`;
  });
  const incomplete = view.incomplete.map(
    ({ source, group, heardAt }) =>
      `${foreign(source)}: the message of ${instant(heardAt)} was cut; what it left out is unknown (${foreign(group)})`,
  );
  const items =
    view.items.length === 0 ? ['no alert fires or is in doubt'] : view.items.map((one) => describe(context, one));
  const more = view.more === 0 ? [] : [`and ${view.more} more`];
  const head = [...sources, ...incomplete].map((line) => wrap(line, context.width, '  ')).join('\n');
  return [head, ...items, ...more].filter((part) => part !== '').join('\n\n');
}

function describe(context: Context, one: AlertEpisodeView): string {
  const { width, paint } = context;
  const { attachment, word } = one;
  const whose =
    attachment.kind === 'attached'
      ? `of ${attachment.release.name}`
      : attachment.candidates.length === 0
        ? 'of no release we know'
        : `of no release for sure; it may be ${attachment.candidates.map(({ name }) => name).join(' or ')}`;
  const lines = [
    `${paint('bold', one.state)} since ${instant(one.since)}, fires since ${instant(one.startsAt)}, ${foreign(whose)}`,
    ...(one.summary === null ? [] : [foreign(one.summary)]),
    ...(word === null
      ? []
      : [foreign(`${word.by} said ${word.as} at ${instant(word.at)}: ${word.reason} (${OUTCOMES[word.outcome]})`)]),
  ];
  const settle = one.settleable
    ? `\n  ${paint('dim', `parapet alerts settle ${foreign(one.source)} ${foreign(one.fingerprint)} --episode ${one.episode} --as … --reason …`)}`
    : '';
  const name = `${foreign(one.name)}  ${foreign(`${one.source} ${one.fingerprint}`)}, episode ${one.episode}`;
  return `${name}\n${lines.map((line) => `  ${wrap(line, width, '  ')}`).join('\n')}${settle}`;
}

const OUTCOMES: Readonly<Record<'waiting' | 'applied' | 'overtaken', string>> = {
  waiting: 'taken, counts in a moment',
  applied: 'counts',
  overtaken: 'too late: the alert had moved on',
};

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1');
  return value;
}
