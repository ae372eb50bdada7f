// Four releases of one shop: one that is good, and three that are not, each ending as its policy says.
import { setTimeout as wait } from 'node:timers/promises';
import { caller, Refused } from './api.mjs';
import { beginRelease } from './release.mjs';

const ACT_WITHIN_MS = 300_000;

/** How an act may end; the last sign of each. */
const ENDINGS = {
  passed: 'passed',
  rolledBack: 'rolled back, and verified',
  proposalApproved: 'proposed, approved by a person, rolled back, and verified',
  proposalUnanswered: 'proposed, and held because nobody answered',
  onlyProposed: 'only proposed',
};

/**
 * @typedef {{ version: string; criticality: 'medium' | 'high'; steps: unknown[]; title: string; expected: string[] }} Act
 * @typedef {{ title: string; release: string; name: string; ending: string; isExpected: boolean; seconds: number; detectedSeconds: number | null }} Outcome
 */

/** @param {boolean} yes @returns {readonly Act[]} */
function acts(yes) {
  const code = [{ kind: 'code', what: 'new version of the shop', reversible: 'yes' }];
  const migration = {
    kind: 'database-migration',
    what: 'merges pos_order.loyalty_id into loyalty_card',
    reversible: 'no',
    pointOfNoReturn: 'first-write',
  };
  return [
    { version: '2.4.1', criticality: 'high', steps: code, title: 'A good release', expected: [ENDINGS.passed] },
    {
      version: '2.5.0',
      criticality: 'high',
      steps: code,
      title: 'A bad release of high criticality',
      expected: [ENDINGS.rolledBack],
    },
    {
      version: '2.5.1',
      criticality: 'medium',
      steps: code,
      title: 'A bad release of medium criticality',
      expected: yes
        ? [ENDINGS.proposalApproved]
        : [ENDINGS.proposalApproved, ENDINGS.proposalUnanswered, 'proposed, and rejected by a person'],
    },
    {
      version: '2.6.0',
      criticality: 'high',
      steps: [...code, migration],
      title: 'A bad release that cannot be undone',
      expected: [ENDINGS.onlyProposed],
    },
  ];
}

/**
 * Plays the four acts and says what happens as it happens.
 * @param {import('./world.mjs').World} world
 * @param {{ yes: boolean; say: import('./print.mjs').Print; signal: AbortSignal }} o
 * @returns {Promise<Outcome[]>}
 */
export async function playStory(world, { yes, say, signal }) {
  const pipeline = caller(world.system.urls.console, world.tokens.pipeline);
  const person = caller(world.system.urls.console, world.tokens.person);
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const [index, act] of acts(yes).entries()) {
    signal.throwIfAborted();
    say.act(index + 1, act.title);
    outcomes.push(await playAct({ world, pipeline, person, act, yes, say, signal }));
  }
  return outcomes;
}

/** @typedef {ReturnType<typeof caller>} Caller */

/** @param {{ world: import('./world.mjs').World; pipeline: Caller; person: Caller; act: Act; yes: boolean; say: import('./print.mjs').Print; signal: AbortSignal }} o */
async function playAct({ world, pipeline, person, act, yes, say, signal }) {
  const startedMs = performance.now();
  const release = await beginRelease({
    world,
    pipeline,
    version: act.version,
    criticality: act.criticality,
    steps: act.steps,
  });
  const { name } = release;
  const liveMs = performance.now();
  say.step(`${name} is live`, { seconds: (liveMs - startedMs) / 1000, detail: `${act.criticality} criticality` });

  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal, AbortSignal.timeout(ACT_WITHIN_MS)]);
  /** @type {{ detectedSeconds: number | null; approvedBy: string | null }} */
  const seen = { detectedSeconds: null, approvedBy: null };
  if (world.alerting) void tellOfAlerts({ person, release: release.id, liveMs, say, signal: limit });
  let ending = 'did not end in time';
  for await (const event of pipeline.events(release.id, 0, limit)) {
    const seconds = (performance.now() - liveMs) / 1000;
    const { data } = event;
    const type = event.type.replace(/^dev\.parapet\.(.*)\.v1$/, '$1');
    if (type === 'verdict.changed' && data.to === 'fail' && seen.detectedSeconds === null)
      seen.detectedSeconds = seconds;
    say.event(type, data, seconds);
    const found = await react({ type, data, world, person, yes, say, seen, act, liveMs, release: release.id });
    if (found !== null) {
      ending = found;
      break;
    }
  }
  over.abort();
  signal.throwIfAborted();
  if (
    ending === ENDINGS.onlyProposed ||
    ending === ENDINGS.proposalUnanswered ||
    ending.endsWith('rejected by a person')
  )
    await rollForward({ world, say });
  const isExpected = act.expected.includes(ending);
  const seconds = (performance.now() - startedMs) / 1000;
  say.ending(ending, { isExpected, seconds, detectedSeconds: seen.detectedSeconds });
  return {
    title: act.title,
    release: release.id,
    name,
    ending,
    isExpected,
    seconds,
    detectedSeconds: seen.detectedSeconds,
  };
}

/**
 * Says what Alertmanager tells of this release, as it is heard.
 * @param {{ person: Caller; release: string; liveMs: number; say: import('./print.mjs').Print; signal: AbortSignal }} o
 */
async function tellOfAlerts({ person, release, liveMs, say, signal }) {
  /** @type {Map<string, string>} */
  const known = new Map();
  while (!signal.aborted) {
    const view = await person.get('/v1/alerts?environment=production').catch(() => ({ items: [] }));
    for (const alert of view.items) {
      if (alert.attachment.kind !== 'attached' || alert.attachment.release.id !== release) continue;
      const episode = `${alert.fingerprint} ${alert.episode}`;
      if (known.get(episode) === alert.state || signal.aborted) continue;
      known.set(episode, alert.state);
      say.alert(alert, (performance.now() - liveMs) / 1000);
    }
    await wait(500);
  }
}

/**
 * What the story's people do about an event, and whether the act is over.
 * @param {{ type: string; data: any; world: import('./world.mjs').World; person: Caller; yes: boolean; say: import('./print.mjs').Print; seen: { approvedBy: string | null }; act: Act; liveMs: number; release: string }} o
 * @returns {Promise<string | null>} the ending, once there is one
 */
async function react({ type, data, world, person, yes, say, seen, act, liveMs, release }) {
  switch (type) {
    case 'verdict.changed':
      if (data.final && data.to === 'pass') return ENDINGS.passed;
      if (data.final && data.to === 'inconclusive') return `inconclusive: ${data.reason ?? 'no reason given'}`;
      return null;
    case 'proposal.opened':
      if (act.version === '2.6.0') return await onlyProposed(person, release, data, say);
      if (yes) await approve(person, data.proposal, say);
      else say.waiting(`${world.system.urls.console}/proposals/${data.proposal}`, Date.parse(data.expiresAt));
      return null;
    case 'proposal.ended':
      if (data.end === 'approved') seen.approvedBy = data.by.join(', ');
      if (data.end === 'rejected') return 'proposed, and rejected by a person';
      if (data.end === 'expired') return ENDINGS.proposalUnanswered;
      if (data.end === 'cancelled') return `proposal cancelled: ${data.reason}`;
      return null;
    case 'rollback.verified': {
      if (data.outcome !== 'verified') return `rolled back, but not verified: ${data.reason ?? 'no reason given'}`;
      say.note(
        `verified ${((performance.now() - liveMs) / 1000).toFixed(1)} s after going live: ${data.running.map((/** @type {any} */ one) => `${one.component} ${one.version}`).join(', ')}`,
      );
      return seen.approvedBy === null ? ENDINGS.rolledBack : ENDINGS.proposalApproved;
    }
    default:
      return null;
  }
}

/** How often a person reads again what changed while they were reading. */
const READINGS = 5;

/** A person who reads the proposal and approves the plan that it shows. @param {Caller} person @param {string} proposal @param {import('./print.mjs').Print} say */
async function approve(person, proposal, say) {
  await person.post(`/v1/proposals/${proposal}/answers`, { answer: 'acknowledge' });
  for (let reading = 1; ; reading++) {
    const shown = await person.get(`/v1/proposals/${proposal}`);
    try {
      await person.post(
        `/v1/proposals/${proposal}/answers`,
        {
          answer: 'approve',
          planId: shown.plan.planId,
          planDigest: shown.planDigest,
          reason: 'the tills matter more than the feature',
        },
        { 'if-match': `"${shown.revision}"` },
      );
      say.note('approved through the API');
      return;
    } catch (cause) {
      // New evidence came while it was being read: an approval counts for what was shown, so it is read again.
      const isChanged = cause instanceof Refused && cause.status === 412;
      if (!isChanged || reading === READINGS) throw cause;
    }
  }
}

/**
 * Nothing may follow by itself: looks a while, then rejects in words and lets the shop go forward.
 * @param {Caller} person @param {string} release @param {any} opened @param {import('./print.mjs').Print} say
 */
async function onlyProposed(person, release, opened, say) {
  say.note(`no way back, so the proposal names what else can be done: ${opened.alternatives.join('; ')}`);
  await wait(5_000);
  const { items } = await person.get(`/v1/releases/${release}/events`);
  const orders = items.filter((/** @type {any} */ event) => event.type.includes('.rollback.ordered.')).length;
  if (orders > 0) return `${orders} rollback(s) ordered although there is no way back`;
  const shown = await person.get(`/v1/proposals/${opened.proposal}`);
  await person.post(
    `/v1/proposals/${opened.proposal}/answers`,
    { answer: 'reject', reason: 'the migration cannot be undone: we roll forward' },
    { 'if-match': `"${shown.revision}"` },
  );
  return ENDINGS.onlyProposed;
}

/** The shop's people put the last good version on, as a new deployment: the story goes on with a healthy shop. @param {{ world: import('./world.mjs').World; say: import('./print.mjs').Print }} o */
async function rollForward({ world, say }) {
  await world.shop.deploy('2.4.1', '');
  say.note('the shop is back on 2.4.1 by hand');
  await wait(8_000);
}
