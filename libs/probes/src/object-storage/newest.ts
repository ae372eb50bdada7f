import type { Page, Version } from './listing.js';

/** What the pages of a listing say of the artifact that is looked for. */
export interface Newest {
  /** The newest version that is not deleted; null where there is none. */
  readonly version: Version | null;
  /** How many versions of it are kept. */
  readonly kept: number;
  readonly notes: readonly string[];
}

/**
 * The newest artifact of a bucket: of every key that ends as asked, its newest version, unless that is a deletion. An older
 * version of a deleted key can be brought back, but nobody who looks for the artifact finds it.
 */
export function newestOf(pages: readonly Page[], suffix: string): Newest {
  const versions = pages.flatMap((page) => page.versions).filter(({ key }) => key.endsWith(suffix));
  const present = versions.filter(({ isLatest }) => isLatest);
  const version = present.reduce<Version | null>(
    (best, one) => (best !== null && best.atMs >= one.atMs ? best : one),
    null,
  );
  const deleted = pages.flatMap((page) => page.deleted).filter((key) => key.endsWith(suffix));
  const kept = version === null ? 0 : versions.filter(({ key }) => key === version.key).length;
  const isVersioned =
    versions.length === 0 || versions.some(({ versionId }) => versionId !== 'null' && versionId !== '');
  return {
    version,
    kept,
    notes: [
      ...(version === null ? [] : [`newest: ${shown(version.key)}, ${kept} version(s) kept`]),
      ...(deleted.length === 0 ? [] : [`${deleted.length} key(s) are deleted, such as ${shown(deleted[0] as string)}`]),
      ...(isVersioned ? [] : ['the bucket keeps no versions: what is overwritten is gone']),
    ],
  };
}

const shown = (key: string): string => (key.length > 200 ? `${key.slice(0, 200)}…` : key);
