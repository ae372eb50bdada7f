import type { Attribution } from './events.js';
import type { Scene } from './judge.js';

/**
 * Whose doing it is that things got worse, asked at the moment the evidence says so; null where nothing looks at other causes.
 * Whatever does not blame this release keeps it from failing.
 * @param _guilty the guardrails that show it, strongest first
 */
export function attribute(_scene: Scene, _guilty: readonly string[]): Attribution | null {
  return null;
}
