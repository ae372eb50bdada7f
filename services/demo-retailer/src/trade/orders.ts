import type { Behaviour } from './behaviour.js';
import type { Random } from './random.js';

/** How a web order ends. `abandoned`: the shopper never tried to pay. */
export type WebOutcome = 'success' | 'failed' | 'stuck' | 'abandoned';
/** How a till order arrives. */
export type PosOutcome = 'ok' | 'late' | 'mismatch' | 'refused';

export interface Basket {
  readonly product: number;
  readonly quantity: number;
  readonly amount: number;
}

export interface WebOrder extends Basket {
  readonly outcome: WebOutcome;
  readonly customer: number;
  readonly stockDelayMs: number;
}

export interface PosOrder extends Basket {
  readonly outcome: PosOutcome;
  readonly till: number;
  /** From payment at the till to its arrival here. */
  readonly syncDelayMs: number;
  readonly stockDelayMs: number;
}

export const PRODUCTS = 12;
export const CUSTOMERS = 50;
export const TILLS = [
  'Lyon Bellecour 1',
  'Lyon Bellecour 2',
  'Paris Rivoli 1',
  'Paris Rivoli 2',
  'Lille Centre 1',
  'Lille Centre 2',
] as const;

/** Of those who open the checkout, one in ten leaves before paying; they count nowhere. */
const ABANDONED = 0.1;

/** Price of a product: 4.50 and 3.25 more for each further one. */
export function priceOf(product: number): number {
  return 4.5 + 3.25 * (product - 1);
}

/** Draws one web order. */
export function drawWebOrder(behaviour: Behaviour, random: Random): WebOrder {
  return {
    outcome: webOutcome(behaviour, random),
    customer: 1 + Math.floor(random() * CUSTOMERS),
    stockDelayMs: stockDelay(behaviour, random),
    ...drawBasket(random),
  };
}

/** Draws one till order. */
export function drawPosOrder(behaviour: Behaviour, random: Random): PosOrder {
  const outcome = posOutcome(behaviour, random);
  return {
    outcome,
    till: 1 + Math.floor(random() * TILLS.length),
    syncDelayMs: outcome === 'late' ? 35_000 + random() * 55_000 : 100 + random() * 900,
    stockDelayMs: stockDelay(behaviour, random),
    ...drawBasket(random),
  };
}

function webOutcome(behaviour: Behaviour, random: Random): WebOutcome {
  if (random() < ABANDONED) return 'abandoned';
  const drawn = random();
  if (drawn < behaviour.webFailed) return 'failed';
  return drawn < behaviour.webFailed + behaviour.webStuck ? 'stuck' : 'success';
}

function posOutcome(behaviour: Behaviour, random: Random): PosOutcome {
  const drawn = random();
  const { posLate, posMismatch, posRefused } = behaviour;
  if (drawn < posLate) return 'late';
  if (drawn < posLate + posMismatch) return 'mismatch';
  return drawn < posLate + posMismatch + posRefused ? 'refused' : 'ok';
}

function stockDelay({ stockDelayMsMin, stockDelayMsMax }: Behaviour, random: Random): number {
  return stockDelayMsMin + random() * (stockDelayMsMax - stockDelayMsMin);
}

function drawBasket(random: Random): Basket {
  const product = 1 + Math.floor(random() * PRODUCTS);
  const quantity = 1 + Math.floor(random() * 3);
  return { product, quantity, amount: Number((priceOf(product) * quantity).toFixed(2)) };
}
