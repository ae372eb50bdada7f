import type { GapReason } from '@parapet/signals';
import type { FailureReason } from '../probe.js';

/** What whoever tries a probe can do about a measurement that gave no number. */
export const FAILURE_ADVICE: Readonly<Record<FailureReason, string>> = {
  timeout:
    'It took longer than it may: try again at a quieter time, measure a shorter window, or raise the time limit of the probe.',
  locked: 'Another session holds a lock on what is read, such as a migration: try again once it has ended.',
  missing:
    'What this KPI reads is not there or may not be read: install the module, grant the right, or leave this KPI out (settings.kpis).',
  refused:
    'The credential or a right was refused: look at the reference in settings, at the secret behind it, and at the rights of its role.',
  unreachable:
    'The target did not answer: look at address, name resolution, firewall and certificate from the machine where the probe runs.',
  'standby-conflict':
    'The copy cancelled the read to keep up with its original: try again, or raise max_standby_streaming_delay of the copy.',
  behind:
    'The copy lags too far behind its original: mend the replication, name another copy, or raise replicaLagMax in settings.',
  'too-large':
    'The answer is longer than the probe reads: export less at the target, or ask for fewer things in settings.',
  'bad-answer':
    'Something answered, but not what was asked for: look at the address in settings, and at what answers there.',
  defect: 'The target answered something unexpected: keep this text, and report it together with the versions in use.',
};

/** The same for a single value that is not there although the measurement went well. */
export const GAP_ADVICE: Readonly<Record<GapReason, string>> = {
  'no-series': 'There is no such series: look at its name and at what the target exports.',
  'not-a-number': 'The target divided by zero or sent no number: usually nothing happened in this window.',
  'not-finite': 'The target sent an infinite value: look at how it is computed there.',
  'bad-query': 'The target did not understand the question: look at the query in settings.',
  unreachable: FAILURE_ADVICE.unreachable,
  'sensor-broken': 'The target gave an answer that cannot be true: look at the target itself.',
  'too-few-samples': 'Too little happened in this window to say a number: try a longer or busier one (--from, --at).',
  'counter-reset': 'The counter began anew in this window: the next one can be measured.',
  closed:
    'Nobody trades in this window, says the workload’s opening hours: try one from when the shop is open (--from, --at).',
  'circuit-open': 'The target failed so often that it is left alone for a while: look at the target itself.',
};

/** A window whose rows lie beyond what a bounded read reaches, or that is past for a probe that sees only the present. */
export const TRUNCATED_ADVICE =
  'Its rows lie beyond the bounded read, or the probe sees only the present: try a newer window, or let the probe read more of the newest rows (settings.tail).';

/** A window that has not settled: late commits and unfinished attempts would still change its numbers. */
export const UNSETTLED_ADVICE = 'Its numbers still change: try a window that ended longer ago.';
