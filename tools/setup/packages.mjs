/**
 * Compares what is installed with what is locked, by version; packages for other platforms are never installed.
 * @param {Readonly<Record<string, { version?: string; link?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>>} locked
 * @param {Readonly<Record<string, { version?: string }>>} installed
 */
export function isInstalled(locked, installed) {
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return true;
    const found = installed[path];
    if (found) return found.version === entry.version;
    return Boolean(entry.optional || entry.devOptional || entry.peer);
  });
}
