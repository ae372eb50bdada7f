import type { MouseEvent, ReactNode } from 'react';
import { go } from '../hooks/use-place.js';
import { safeHref } from '../model/links.js';

/** A link within the console. */
export function Link({
  to,
  className,
  children,
}: {
  readonly to: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const follow = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain) return;
    event.preventDefault();
    go(to);
    window.scrollTo(0, 0);
  };
  return (
    <a href={to} className={className} onClick={follow}>
      {children}
    </a>
  );
}

/** A link that somebody else wrote: followed only where it is http or https, otherwise only its title is shown. */
export function OutsideLink({ href, title }: { readonly href: string; readonly title: string }) {
  const safe = safeHref(href);
  if (safe === null) return <span>{title}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer">
      {title}
    </a>
  );
}
