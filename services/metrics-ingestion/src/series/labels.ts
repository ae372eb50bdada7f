/** As many labels as a series may have (interfaces 1). */
export const LABELS_MAX = 128;

/**
 * Adds a label while there are not too many: one more than may be is kept, so that it shows, and no more, because a sender could write
 * millions of them.
 */
export function addLabel(labels: Map<string, string>, name: string, value: string): void {
  if (labels.size <= LABELS_MAX) labels.set(name, value);
}
