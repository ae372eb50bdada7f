import type { Caller } from './api.mjs';
import type { World } from './world.mjs';

/** Registers a release, deploys it and says that it is live. */
export function beginRelease(o: {
  readonly world: World;
  readonly pipeline: Caller;
  readonly version: string;
  readonly criticality: 'low' | 'medium' | 'high';
  readonly steps: readonly unknown[];
  readonly previous?: string;
  readonly policy?: string;
}): Promise<{ readonly id: string; readonly name: string }>;
