import { type CloudEvent, decodeEvent, type PublicEvent } from '@parapet/contracts';
import { unreachable } from '@parapet/kernel';
import { colourOf, type Paint } from './paint.js';
import { clock, foreign } from './text.js';

/** One line of a release's story: when, what, and the words that go with it. Null for a type of a newer Parapet. */
export function storyLine(event: CloudEvent, paint: Paint): string | null {
  const decoded = decodeEvent(event);
  return decoded === null ? null : `${paint('dim', clock(event.time))}  ${sentence(decoded.event, paint)}`;
}

function sentence(event: PublicEvent, paint: Paint): string {
  switch (event.type) {
    case 'ReleaseRegistered':
      return `registered ${foreign(event.name)}, criticality ${event.criticality}, reversibility ${event.reversibility}`;
    case 'ReleasePhaseChanged':
      return `phase ${event.from} → ${paint('bold', event.to)} (${foreign(event.by)})`;
    case 'ReadinessAssessed':
      return event.ready
        ? 'ready to start'
        : `not ready: ${event.checks
            .filter((check) => check.outcome !== 'ok')
            .map((check) => foreign(check.reason))
            .join('; ')}`;
    case 'VerdictChanged':
      return verdictSentence(event, paint);
    case 'RecoveryJudged':
      return `guardrails ${event.outcome}`;
    case 'DecisionMade':
      return `decided: ${paint('bold', event.outcome)} (rule ${foreign(event.rule)})`;
    case 'ProposalOpened':
      return `proposal ${event.proposal}: ${foreign(event.headline)}`;
    case 'ProposalAcknowledged':
      return event.until === undefined
        ? `${foreign(event.by)} gave the acknowledgement back`
        : `${foreign(event.by)} is looking at it`;
    case 'ProposalCommented':
      return `${foreign(event.by)}: ${foreign(event.text)}`;
    case 'ProposalAnswered':
      return `${foreign(event.by)}: ${event.word} (${foreign(event.reason)})`;
    case 'ProposalChanged':
      return event.recovering
        ? 'the proposal waits: the guardrails recover'
        : `the proposal changed: ${foreign(event.headline)}`;
    case 'ProposalEnded':
      return `proposal ${event.end} (${foreign(event.reason)})`;
    case 'RollbackOrdered':
      return `${paint('red', 'rollback ordered')} to ${event.to}`;
    case 'ActuationStarted':
      return `rollback started, attempt ${event.attempt}`;
    case 'ActuationStepChanged':
      return `rollback step ${event.step}: ${event.state}${event.detail === undefined ? '' : ` (${foreign(event.detail)})`}`;
    case 'ActuationFinished':
      return `rollback ${event.outcome}${event.reason === undefined ? '' : ` (${foreign(event.reason)})`}`;
    case 'RollbackVerified':
      return `rollback ${paint(event.outcome === 'verified' ? 'green' : 'red', event.outcome)}${event.reason === undefined ? '' : ` (${foreign(event.reason)})`}`;
    case 'VerdictMarked':
      return `${foreign(event.by)} marked ${event.guardrail === undefined ? `the verdict ${event.said}` : foreign(event.guardrail)} ${event.right ? 'right' : 'wrong'}: ${foreign(event.reason)}`;
    case 'GuardrailModeChanged':
      return `${foreign(event.guardrail)} of ${foreign(event.policy)}: ${event.from} → ${paint('bold', event.to)} (${event.reason})`;
    case 'SourceSilent':
    case 'SourceHeard':
      return `source ${foreign(event.source)} ${event.type === 'SourceSilent' ? 'is silent' : 'is heard again'}`;
    case 'SourceRefused':
      return `source ${foreign(event.source)} is refused (${foreign(event.reason)})`;
    default:
      return unreachable(event);
  }
}

function verdictSentence(event: Extract<PublicEvent, { type: 'VerdictChanged' }>, paint: Paint): string {
  const why = event.reason === undefined ? '' : ` (${event.reason})`;
  const breaches = event.guardrails.filter((one) => one.verdict === 'breach').map((one) => one.words);
  const more = [...breaches, event.attribution?.words, event.words, event.advice]
    .flatMap((words) => (words === undefined ? [] : [`\n            ${foreign(words)}`]))
    .join('');
  const end = event.final ? ', for good' : '';
  return `verdict ${event.from} → ${paint(colourOf(event.to), event.to)}${why}${end}${more}`;
}
