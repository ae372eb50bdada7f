import { useEffect, useState } from 'react';

/** Where in the console the reader is. */
export type Place =
  | { readonly page: 'releases' }
  | { readonly page: 'release'; readonly id: string }
  | { readonly page: 'proposal'; readonly id: string }
  | { readonly page: 'nowhere' };

/** Reads a place from the address's path. */
export function placeOf(pathname: string): Place {
  const [noun, id, ...more] = pathname.split('/').filter((part) => part !== '');
  if (noun === undefined || (noun === 'releases' && id === undefined)) return { page: 'releases' };
  if (id === undefined || more.length > 0) return { page: 'nowhere' };
  if (noun === 'releases') return { page: 'release', id };
  if (noun === 'proposals') return { page: 'proposal', id };
  return { page: 'nowhere' };
}

const MOVED = 'parapet:moved';

/** Goes to another place without loading the page anew. */
export function go(path: string, isReplacing = false): void {
  window.history[isReplacing ? 'replaceState' : 'pushState'](null, '', path);
  window.dispatchEvent(new Event(MOVED));
}

/** The reader's place, followed through links and the browser's own buttons. */
export function usePlace(): Place {
  const [pathname, setPathname] = useState(window.location.pathname);
  useEffect(() => {
    const follow = () => setPathname(window.location.pathname);
    window.addEventListener('popstate', follow);
    window.addEventListener(MOVED, follow);
    return () => {
      window.removeEventListener('popstate', follow);
      window.removeEventListener(MOVED, follow);
    };
  }, []);
  return placeOf(pathname);
}
