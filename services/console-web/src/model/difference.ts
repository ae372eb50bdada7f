import type { ProposalView } from '@parapet/contracts';

type Shown = Pick<ProposalView, 'headline' | 'evidence' | 'unknown' | 'plan' | 'recovering' | 'approvals'>;

/** What is different on a proposal from what a person had before them, in sentences; empty where nothing that matters is. */
export function differences(before: Shown, after: Shown): readonly string[] {
  const names = (reports: readonly { readonly name: string }[]) => new Set(reports.map(({ name }) => name));
  const [was, is] = [names(before.evidence), names(after.evidence)];
  const [wasUnknown, isUnknown] = [names(before.unknown), names(after.unknown)];
  const steps = (shown: Shown) => shown.plan.steps.map(({ what }) => what);
  const added = steps(after).filter((what) => !steps(before).includes(what));
  const removed = steps(before).filter((what) => !steps(after).includes(what));
  const sentences = [
    ...[...is].filter((name) => !was.has(name)).map((name) => `${name} is now in breach too.`),
    ...[...was].filter((name) => !is.has(name)).map((name) => `${name} is no longer in breach.`),
    ...[...isUnknown]
      .filter((name) => !wasUnknown.has(name) && !was.has(name))
      .map((name) => `${name} can no longer be judged.`),
    ...after.evidence.flatMap((now) => {
      const then = before.evidence.find(({ name }) => name === now.name);
      return then !== undefined && then.words !== now.words ? [`${now.name}: ${now.words}`] : [];
    }),
    ...added.map((what) => `New in the plan: ${what}`),
    ...removed.map((what) => `No longer in the plan: ${what}`),
    ...(after.recovering && !before.recovering ? ['The guardrails have begun to recover.'] : []),
    ...(after.approvals.length < before.approvals.length ? ['Earlier approvals no longer count.'] : []),
  ];
  return sentences.length === 0 && before.headline !== after.headline ? [after.headline] : sentences;
}
