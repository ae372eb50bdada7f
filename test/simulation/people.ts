import { type AnswerWord, isRefusal, openProposal } from '@parapet/decisions';
import type { Chance } from '@parapet/testkit';
import { MINUTE_MS, SECOND_MS } from './plot.js';
import type { World } from './world.js';

/** The release lead starts the releases; the others are on call. */
const PEOPLE = ['on-call', 'second-on-call', 'release-lead'] as const;

/** People who answer what they were shown: at once, late, twice, or never. */
export class People {
  private readonly chance: Chance;

  constructor(private readonly world: World) {
    this.chance = world.chance.apart('people');
    world.events.follow('people', async (row) => {
      const isShown = row.type === 'proposal.opened' || row.type === 'proposal.changed';
      if (isShown) for (const who of PEOPLE) if (this.chance.happens(0.45)) this.read(row.stream, who);
      return true;
    });
  }

  private read(release: string, who: string): void {
    const state = this.world.state(release);
    const open = state.phase === 'unregistered' ? null : openProposal(state);
    if (open === null) return;
    const { proposal, plan, planDigest } = open.opened;
    const shown = { proposal, planId: plan.planId, planDigest, revision: open.revision };
    const word = this.chance.one<AnswerWord>([
      'approve',
      'approve',
      'approve',
      'reject',
      'acknowledge',
      'comment',
      'withdraw',
    ]);
    const thinksMs = this.chance.between(5, 100) * SECOND_MS + (this.chance.happens(0.3) ? 5 * MINUTE_MS : 0);
    this.world.clock.after(thinksMs, () => this.answer(release, who, word, shown));
    if (this.chance.happens(0.3))
      this.world.clock.after(thinksMs + 2_000, () => this.answer(release, who, word, shown));
  }

  private async answer(
    release: string,
    who: string,
    word: AnswerWord,
    shown: {
      readonly proposal: string;
      readonly planId: string;
      readonly planDigest: string;
      readonly revision: number;
    },
  ): Promise<void> {
    const by = { subject: who, mayRespond: true, mayApprove: true };
    const answer = this.world.makeId('ans');
    const outcome = await this.world.control.request(release, { kind: 'person', id: who }, (nowMs, around) => ({
      ...shown,
      type: 'AnswerProposal',
      nowMs,
      answer,
      word,
      by,
      text: 'looking',
      reason: 'the tills say so',
      around,
    }));
    // No answer came back: they press the button again. What changed meanwhile is read anew.
    if (outcome === null) this.world.clock.after(8 * SECOND_MS, () => this.answer(release, who, word, shown));
    else if (isRefusal(outcome) && outcome.code === 'changed') this.read(release, who);
  }
}
