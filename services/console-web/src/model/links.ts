/** A link from outside that may be followed: http and https only; null for anything else. */
export function safeHref(href: string): string | null {
  const url = URL.parse(href);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
}
