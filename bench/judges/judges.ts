/** The peers, by the name of their row. Settings are those their documentation shows; see each file. */
import { judgeArgo } from './argo-rollouts.ts';
import { judgeFlagger } from './flagger.ts';
import { judgeKayenta } from './kayenta.ts';
import type { Release, Verdict } from './release.ts';
import { judgeZ } from './z-test.ts';

export interface Peer {
  readonly name: string;
  readonly judge: (release: Release) => Verdict;
}

const ticks = (release: Release, minutes: number) => Math.max(1, Math.round((minutes * 60) / release.intervalSec));

export const PEERS: readonly Peer[] = [
  { name: 'Argo Rollouts, every minute, `failureLimit` 3', judge: (r) => judgeArgo(r, ticks(r, 1), 3) },
  { name: 'Argo Rollouts, every 5 minutes, `failureLimit` 3', judge: (r) => judgeArgo(r, ticks(r, 5), 3) },
  { name: 'Flagger, every minute, `threshold` 5', judge: (r) => judgeFlagger(r, ticks(r, 1), 5) },
  { name: 'Flagger, every minute, `threshold` 10', judge: (r) => judgeFlagger(r, ticks(r, 1), 10) },
  ...[
    { when: 'once at the end', everyTicks: (r: Release) => r.watchTicks },
    { when: 'every 5 minutes', everyTicks: (r: Release) => ticks(r, 5) },
    { when: 'every minute', everyTicks: (r: Release) => ticks(r, 1) },
  ].flatMap(({ when, everyTicks }) => [
    {
      name: `Kayenta ${when}, score 75 / 90`,
      judge: (r: Release) => judgeKayenta(r, { everyTicks: everyTicks(r), isEachCritical: false }),
    },
    {
      name: `Kayenta ${when}, every metric \`critical\``,
      judge: (r: Release) => judgeKayenta(r, { everyTicks: everyTicks(r), isEachCritical: true }),
    },
  ]),
  { name: 'one-sided 1 % z test at every sample', judge: judgeZ },
];
