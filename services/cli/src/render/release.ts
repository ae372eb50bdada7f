import type { Page, ReleaseView } from '@parapet/contracts';
import type { Context } from '../context.js';
import { colourOf } from './paint.js';
import { facts, foreign, instant, table } from './text.js';

/** Everything known of a release. */
export function releaseText(context: Context, view: ReleaseView): string {
  const { paint, width } = context;
  const verdict = `${paint(colourOf(view.verdict), view.verdict)}${view.reason === undefined ? '' : ` (${view.reason})`}${view.final ? ', for good' : ''}`;
  const versions = (components: ReleaseView['components']) =>
    components.map((one) => foreign(`${one.component} ${one.version}`)).join(', ');
  const head = facts(
    [
      ['release', foreign(view.name)],
      ['id', view.id],
      ['where', `${view.workload} in ${view.environment}`],
      ['components', versions(view.components)],
      ['goes back to', view.previous === null ? 'nothing yet' : versions(view.previous.components)],
      ['phase', view.phase],
      ['verdict', verdict],
      ['because', view.words === undefined ? null : foreign(view.words)],
      ['what to do', view.advice === undefined ? null : foreign(view.advice)],
      ['whose doing', view.attribution === undefined ? null : foreign(view.attribution.words)],
      ['judged up to', view.judgedUpTo === undefined ? null : instant(view.judgedUpTo)],
      ['criticality', `${view.criticality}, reversible: ${view.reversibility}`],
      ['decision', view.decision],
      ['proposal', view.proposal],
      ['rollback', view.rollback],
      ['live since', view.liveAt === null ? null : instant(view.liveAt)],
      ['not as declared', standingsText(view.standings)],
    ],
    width,
  );
  if (view.guardrails.length === 0) return head;
  const rows = view.guardrails.map((one) => [
    paint(colourOf(one.verdict), one.verdict),
    one.mode,
    foreign(one.name),
    foreign(one.words),
  ]);
  const parts = [head, table(['SAYS', 'MODE', 'GUARDRAIL', 'BECAUSE'], rows, width)];
  const considered = view.attribution?.alternatives ?? [];
  if (considered.length > 0) {
    const causes = considered.map(({ finding, words }) => [finding, foreign(words)] as const);
    parts.push(`${paint('bold', 'other causes that were considered')}\n${facts(causes, width)}`);
  }
  const unknown = adviceLines(view.guardrails);
  if (unknown.length > 0)
    parts.push(`${paint('bold', 'what to do about what is not known')}\n${facts(unknown, width)}`);
  return parts.join('\n\n');
}

/** Guardrails that may not do for this release what they are declared for; null where all may. */
function standingsText(standings: ReleaseView['standings']): string | null {
  if (standings === undefined) return null;
  return standings
    .map(({ guardrail, mode, declared, why }) => {
      const what = mode === declared ? mode : `${mode} instead of ${declared}`;
      return `${foreign(guardrail)}: ${what}, ${WHY[why]}`;
    })
    .join('; ');
}

const WHY: Readonly<Record<NonNullable<ReleaseView['standings']>[number]['why'], string>> = {
  'no-data': 'it has never returned data',
  'no-breach-shown': 'it has never been seen to breach',
  precision: 'too many of its breaches were marked wrong',
  forced: 'applied by force, without proof',
};

/** What to do about each guardrail that could not be judged. */
function adviceLines(guardrails: ReleaseView['guardrails']): readonly (readonly [string, string])[] {
  return guardrails.flatMap(({ name, advice }) =>
    advice === undefined ? [] : [[foreign(name), foreign(advice)] as const],
  );
}

/** Releases, one a line. */
export function releasesText(context: Context, page: Page<ReleaseView>): string {
  if (page.items.length === 0) return 'no releases yet';
  const isWide = context.width >= 110;
  const headings = ['VERDICT', 'PHASE', 'ENVIRONMENT', 'REGISTERED', ...(isWide ? ['ID'] : []), 'NAME'];
  const rows = page.items.map((view) => [
    context.paint(colourOf(view.verdict), view.verdict),
    view.phase,
    view.environment,
    instant(view.registeredAt),
    ...(isWide ? [view.id] : []),
    foreign(view.name),
  ]);
  const more = page.next === null ? '' : `\nmore: --after ${page.next}`;
  return `${table(headings, rows, context.width)}${more}`;
}
