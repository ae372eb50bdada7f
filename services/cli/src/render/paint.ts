import type { JudgementKind, VerdictKind } from '@parapet/guardrails';
import type { Sink } from '../world.js';

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Colours a text, or leaves it: words say everything, colour only helps. */
export type Paint = (colour: Colour, text: string) => string;

/** Colour on a terminal, unless NO_COLOR is set; FORCE_COLOR asks for it elsewhere. */
export function paintFor(env: Readonly<Record<string, string | undefined>>, sink: Sink): Paint {
  const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const isAsked = (env['FORCE_COLOR'] ?? '0') !== '0';
  const isOn = !isRefused && (isAsked || sink.isTTY === true);
  return isOn
    ? (colour, text) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`
    : (_colour, text) => text;
}

/** The colour of a verdict or judgement; what is not known is never green. */
export function colourOf(verdict: VerdictKind | JudgementKind): Colour {
  switch (verdict) {
    case 'pass':
      return 'green';
    case 'fail':
    case 'breach':
      return 'red';
    case 'inconclusive':
      return 'yellow';
    case 'pending':
      return 'dim';
  }
}
