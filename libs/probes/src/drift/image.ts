/** An image by its whole name: what a registry and a tag are left out for is filled in, as every engine does. */
export function wholeImage(image: string): string {
  const [name = '', digest] = image.trim().split('@');
  const [first = '', ...rest] = name.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = hasRegistry ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const path = hasRegistry ? rest.join('/') : name;
  const full = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const hasTag = full.slice(full.lastIndexOf('/') + 1).includes(':');
  // With a digest the tag decides nothing any more.
  if (digest !== undefined) return `${registry}/${hasTag ? full.slice(0, full.lastIndexOf(':')) : full}@${digest}`;
  return `${registry}/${hasTag ? full : `${full}:latest`}`;
}
