import type { CloudEvent } from '@parapet/contracts';
import { capital, reasonWords, unbroken, withoutIds } from './words.js';

export type Tone = 'plain' | 'good' | 'bad' | 'doubt' | 'act';

/** One line of a release's story. */
export interface StoryEntry {
  readonly id: string;
  readonly sequence: number;
  readonly at: string;
  readonly tone: Tone;
  readonly title: string;
  /** More about it: sentences, never field names. */
  readonly details: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
type Words = Omit<StoryEntry, 'id' | 'sequence' | 'at'>;

/** `verdict.changed` of `dev.parapet.verdict.changed.v1`. */
export function nounAndVerb(type: string): string {
  return type.replace(/^dev\.parapet\./, '').replace(/\.v\d+$/, '');
}

/** An event in words for people; a type that is not known yet is shown by its name, never left out. */
export function storyEntry(event: CloudEvent): StoryEntry {
  const name = nounAndVerb(event.type);
  const words = WORDS[name]?.(event.data) ?? {
    tone: 'plain',
    title: name.replace('.', ': ').replaceAll('-', ' '),
    details: [],
  };
  return {
    id: event.id,
    sequence: Number(event.sequence),
    at: event.time,
    ...words,
    details: words.details.filter((text) => text !== '').map((text) => unbroken(withoutIds(text))),
  };
}

/** Adds events to a story: in their order, each once, whatever order and however often they came. */
export function addToStory(story: readonly StoryEntry[], events: readonly CloudEvent[]): readonly StoryEntry[] {
  const bySequence = new Map(story.map((entry) => [entry.sequence, entry]));
  for (const event of events) {
    const entry = storyEntry(event);
    if (!bySequence.has(entry.sequence)) bySequence.set(entry.sequence, entry);
  }
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
}

const WORDS: Readonly<Record<string, (d: Fields) => Words>> = {
  'release.registered': (d) =>
    plain(
      'Release registered',
      versions(d.components),
      d.origin === 'inferred' ? 'Seen at the deployment system, not announced.' : '',
    ),
  'release.phase-changed': (d) => ({ ...phaseChanged(text(d.to)), details: [by(d.by), text(d.reason)] }),
  'readiness.assessed': (d) =>
    d.ready === true
      ? { tone: 'good', title: 'Ready to deploy', details: [] }
      : {
          tone: 'bad',
          title: 'Not ready to deploy',
          details: list(d.checks)
            .filter((c) => c.outcome !== 'pass')
            .map((c) => `${text(c.name)}: ${text(c.reason)}`),
        },
  'verdict.changed': verdictChanged,
  'verdict.marked': (d) => ({
    tone: 'plain',
    title: `${text(d.by)} marked ${d.guardrail === undefined ? 'the verdict' : text(d.guardrail)} ${d.right === true ? 'right' : 'wrong'}`,
    details: [quoted(d.reason)],
  }),
  'guardrail.mode-changed': (d) => ({
    tone: 'plain',
    title: `${text(d.guardrail) || 'A guardrail'} may now ${text(d.to) || 'do something else'}`,
    details: [text(d.from) === '' ? '' : `Until now: ${text(d.from)}.`, text(d.reason).replaceAll('-', ' ')],
  }),
  'recovery.judged': (d) => recoveryJudged(String(d.outcome), d),
  'decision.made': decisionMade,
  'proposal.opened': (d) => ({
    tone: 'act',
    title: 'A person is asked to decide',
    details: [text(d.headline), text(d.ifNothing)],
  }),
  'proposal.acknowledged': (d) =>
    plain(d.until === undefined ? `${text(d.by)} is no longer looking at it` : `${text(d.by)} is looking at it`),
  'proposal.commented': (d) => plain(`${text(d.by)} wrote`, `“${text(d.text)}”`),
  'proposal.answered': (d) => ({
    tone: d.word === 'approve' ? 'act' : 'plain',
    title: `${text(d.by)} ${answerWord(String(d.word))}`,
    details: [quoted(d.reason)],
  }),
  'proposal.changed': (d) => ({
    tone: 'doubt',
    title:
      d.recovering === true
        ? 'The guardrails seem to recover; the proposal stays open'
        : 'The evidence changed: earlier approvals no longer count',
    details: [text(d.headline)],
  }),
  'proposal.ended': proposalEnded,
  'rollback.ordered': (d) => ({
    tone: 'act',
    title: 'Rollback ordered',
    details: [
      d.policy === undefined ? '' : 'Decided by the policy, without asking.',
      ...list(d.steps).map((s) => `${text(s.target)}: back to ${versions((s.to as Fields | undefined)?.components)}`),
    ],
  }),
  'actuation.started': (d) => ({
    tone: 'act',
    title: Number(d.attempt) > 1 ? `Rollback taken up again, attempt ${Number(d.attempt)}` : 'Rollback begins',
    details: [],
  }),
  'actuation.step-changed': stepChanged,
  'actuation.finished': actuationFinished,
  'rollback.verified': (d) =>
    d.outcome === 'verified'
      ? { tone: 'good', title: 'Rollback verified', details: [`Running again: ${versions(d.running)}.`] }
      : {
          tone: 'bad',
          title: 'Rollback could not be verified',
          details: [text(d.reason), 'A person must look at it.'],
        },
};

function phaseChanged(to: string): Pick<Words, 'tone' | 'title'> {
  switch (to) {
    case 'deploying':
      return { tone: 'plain', title: 'Deployment began' };
    case 'live':
      return { tone: 'plain', title: 'Live: the watch begins' };
    case 'failed':
      return { tone: 'bad', title: 'The deployment itself failed' };
    case 'refused':
      return { tone: 'bad', title: 'Refused by the readiness gate' };
    case 'superseded':
      return { tone: 'plain', title: 'Superseded by another release' };
    case 'rolled-back':
      return { tone: 'act', title: 'Rolled back' };
    case 'finished':
      return { tone: 'good', title: 'The watch has ended' };
    default:
      return { tone: 'plain', title: to === '' ? 'Its phase changed' : `Now ${to.replaceAll('-', ' ')}` };
  }
}

function verdictChanged(d: Fields): Words {
  const to = text(d.to);
  const final = d.final === true ? ', for good' : '';
  const guardrails = list(d.guardrails);
  const said = (verdict: string) =>
    guardrails.filter((g) => g.verdict === verdict).map((g) => text(g.words) || text(g.name));
  const blame = sentence((d.attribution as Fields | undefined)?.words);
  if (to === 'fail') return { tone: 'bad', title: `Verdict: fail${final}`, details: [...said('breach'), blame] };
  if (to === 'pass')
    return { tone: 'good', title: `Verdict: pass${final}`, details: [`${guardrails.length} guardrails held.`] };
  if (to === 'inconclusive')
    return {
      tone: 'doubt',
      title: `Verdict: inconclusive${final}`,
      details: [
        `Not judged: ${reasonWords(d.reason as string | undefined)}.`,
        ...said('inconclusive'),
        blame,
        text(d.advice),
      ],
    };
  return plain(to === 'pending' || to === '' ? 'Being watched' : `Verdict: ${to}`);
}

/** A text as a sentence of its own; nothing where there is none. */
function sentence(value: unknown): string {
  const words = text(value);
  return words === '' ? '' : `${capital(words)}.`;
}

function recoveryJudged(outcome: string, d: Fields): Words {
  const after = d.actuation === undefined ? '' : 'Seen after the rollback.';
  if (outcome === 'recovered') return { tone: 'good', title: 'The guardrails have recovered', details: [after] };
  if (outcome === 'not-recovered') return { tone: 'bad', title: 'The guardrails have not recovered', details: [after] };
  return { tone: 'doubt', title: 'The guardrails begin to recover', details: [after] };
}

function decisionMade(d: Fields): Words {
  const rule = d.rule === undefined ? '' : `Rule: ${text(d.rule)}.`;
  const facts = `Criticality ${text(d.criticality)}, can be undone: ${text(d.reversibility)}.`;
  if (d.outcome === 'auto') return { tone: 'act', title: 'Decision: roll back without asking', details: [rule, facts] };
  if (d.outcome === 'propose') return { tone: 'act', title: 'Decision: propose a rollback', details: [rule, facts] };
  return { tone: 'plain', title: 'Decision: observe only', details: [rule, facts] };
}

function answerWord(word: string): string {
  if (word === 'approve') return 'approved the rollback';
  if (word === 'reject') return 'rejected the rollback';
  return 'withdrew the approval';
}

function proposalEnded(d: Fields): Words {
  const who = Array.isArray(d.by) && d.by.length > 0 ? ` by ${d.by.map(text).join(' and ')}` : '';
  switch (d.end) {
    case 'approved':
      return {
        tone: 'act',
        title: `Approved${who}${d.override === true ? ', overriding the quorum' : ''}`,
        details: [quoted(d.reason)],
      };
    case 'rejected':
      return { tone: 'plain', title: `Rejected${who}: the release stays`, details: [quoted(d.reason)] };
    case 'expired':
      return { tone: 'doubt', title: 'Nobody decided in time', details: [text(d.reason)] };
    default:
      return { tone: 'plain', title: 'The proposal was cancelled', details: [text(d.reason)] };
  }
}

function stepChanged(d: Fields): Words {
  const step = `Step ${text(d.step)}`;
  const details = [text(d.detail)];
  switch (d.state) {
    case 'prepared':
      return { tone: 'plain', title: `${step}: about to tell the target`, details };
    case 'sent':
      return { tone: 'plain', title: `${step}: the target was told`, details };
    case 'confirmed':
      return { tone: 'plain', title: `${step}: the target confirms`, details };
    case 'applied':
      return { tone: 'good', title: `${step}: read back, it runs`, details };
    case 'refused':
      return { tone: 'bad', title: `${step}: the target refused`, details };
    default:
      return { tone: 'doubt', title: `${step}: outcome unknown`, details };
  }
}

function actuationFinished(d: Fields): Words {
  const details = [text(d.reason)];
  if (d.outcome === 'done') return { tone: 'good', title: 'Rollback carried out', details };
  if (d.outcome === 'failed') return { tone: 'bad', title: 'Rollback failed', details };
  return {
    tone: 'bad',
    title: 'Rollback: outcome unknown',
    details: [...details, 'A person must look at the target.'],
  };
}

function plain(title: string, ...details: readonly string[]): Words {
  return { tone: 'plain', title, details };
}

/** `odoo-web 17.0.4, odoo-pos 17.0.4`. */
export function versions(components: unknown): string {
  return list(components)
    .map((c) => `${text(c.component)} ${text(c.version)}`)
    .join(', ');
}

function by(who: unknown): string {
  return typeof who === 'string' && who !== '' ? `Told by ${who}.` : '';
}

function quoted(reason: unknown): string {
  return text(reason) === '' ? '' : `“${text(reason)}”`;
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((item): item is Fields => typeof item === 'object' && item !== null) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
