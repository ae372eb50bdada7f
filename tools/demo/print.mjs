// How the story is told: what happened, how long it took, and the evidence, one line each.
const isColour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (/** @type {number} */ code) => (/** @type {string} */ text) =>
  isColour ? `\u001b[${code}m${text}\u001b[0m` : text;
const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);
const yellow = paint(33);

/** @typedef {ReturnType<typeof printer>} Print */

/** @param {(line: string) => void} [write] */
export function printer(write = (line) => void process.stdout.write(`${line}\n`)) {
  const at = (/** @type {number} */ seconds) => dim(`${seconds.toFixed(1).padStart(7)} s`);
  return {
    line: write,
    act: (/** @type {number} */ number, /** @type {string} */ title) => write(`\n${bold(`${number}. ${title}`)}`),
    step: (/** @type {string} */ what, /** @type {{ seconds: number; detail?: string }} */ { seconds, detail }) =>
      write(`${at(seconds)}  ${what}${detail ? dim(` (${detail})`) : ''}`),
    note: (/** @type {string} */ what) => write(`${' '.repeat(11)}${dim(what)}`),
    waiting: (/** @type {string} */ page, /** @type {number} */ untilMs) =>
      write(
        `${' '.repeat(11)}${yellow(`waits for a person until ${new Date(untilMs).toLocaleTimeString()}: ${page}`)}`,
      ),
    event: (/** @type {string} */ type, /** @type {any} */ event, /** @type {number} */ seconds) => {
      for (const [index, text] of words(type, event).entries())
        write(index === 0 ? `${at(seconds)}  ${text}` : `${' '.repeat(11)}${text}`);
    },
    alert: (/** @type {any} */ alert, /** @type {number} */ seconds) =>
      write(
        `${at(seconds)}  Alertmanager: ${alert.name} ${alert.state === 'firing' ? red('fires') : alert.state}${dim(alert.summary ? ` (${alert.summary})` : '')}`,
      ),
    ending: (
      /** @type {string} */ ending,
      /** @type {{ isExpected: boolean; seconds: number; detectedSeconds: number | null }} */ o,
    ) => {
      const found = o.detectedSeconds === null ? '' : `, degradation found after ${o.detectedSeconds.toFixed(1)} s`;
      write(
        `${' '.repeat(9)}${o.isExpected ? green('✓') : red('✗')} ${bold(ending)}${dim(`  ${o.seconds.toFixed(1)} s in all${found}`)}`,
      );
    },
  };
}

/** @param {string} type @param {any} event @returns {string[]} */
function words(type, event) {
  switch (type) {
    case 'readiness.assessed':
      return event.ready
        ? []
        : [
            yellow(
              `readiness: ${event.checks
                .filter((/** @type {any} */ check) => check.outcome !== 'ok')
                .map((/** @type {any} */ check) => check.reason)
                .join('; ')}`,
            ),
          ];
    case 'verdict.changed': {
      const colour = event.to === 'fail' ? red : event.to === 'pass' ? green : yellow;
      const told = event.guardrails.filter((/** @type {any} */ one) =>
        event.to === 'pass' ? one.verdict === 'pass' : one.verdict === 'breach',
      );
      return [
        `verdict ${colour(event.to)}${event.reason ? ` (${event.reason})` : ''}${event.final ? dim(' final') : ''}`,
        ...told.map((/** @type {any} */ one) => `· ${one.words}`),
        ...(event.attribution === undefined ? [] : [`· ${event.attribution.words}`]),
        ...(event.advice === undefined ? [] : [`· ${event.advice}`]),
      ];
    }
    case 'decision.made':
      return [
        `decision ${bold(event.outcome)} by rule ${event.rule}${dim(` (criticality ${event.criticality}, way back: ${event.reversibility})`)}`,
      ];
    case 'proposal.opened':
      return [`proposal opened: ${event.headline}`];
    case 'proposal.ended':
      return [`proposal ${event.end}${event.by.length > 0 ? ` by ${event.by.join(', ')}` : ''}: ${event.reason}`];
    case 'rollback.ordered':
      return ['rollback ordered'];
    case 'actuation.started':
      return [`actuation attempt ${event.attempt} started`];
    case 'actuation.step-changed':
      return [dim(`step ${event.step} ${event.state}${event.detail ? `: ${event.detail}` : ''}`)];
    case 'actuation.finished':
      return [`actuation ${event.outcome}${event.reason ? `: ${event.reason}` : ''}`];
    case 'recovery.judged':
      return [`recovery: ${event.outcome}`];
    case 'rollback.verified':
      return [
        event.outcome === 'verified'
          ? green('rollback verified: the shop has recovered')
          : red(`rollback not verified: ${event.reason ?? ''}`),
      ];
    default:
      return [];
  }
}
