import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

/** A row of the table of who may import whom. */
export interface LayerRow {
  readonly layers: readonly string[];
  /** The npm packages it may import; any where absent. */
  readonly packages?: readonly string[];
  /** Whether Node's own modules are at hand. */
  readonly node: boolean;
}

export const LAYERS: Readonly<Record<string, LayerRow>>;
export const cruiseOptions: ICruiseOptions;
export function projectsOf(root: string): { folder: string; layer: string }[];
export function layerRules(root: string): IForbiddenRuleType[];
