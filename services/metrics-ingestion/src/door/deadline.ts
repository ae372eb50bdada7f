import { Refused, unavailable } from './refusal.js';

/**
 * Gives the work's result, or throws Refused with 503 once the time is over.
 * The work goes on: what it stores late is a repeat of what the sender will send again.
 */
export async function withinTime<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refused(unavailable('this took too long; try again'))), ms);
  });
  const working = work();
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
    // Whoever comes too late has nobody left to tell; stores log their own trouble.
    working.catch(() => {});
  }
}
