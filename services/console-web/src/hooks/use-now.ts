import { useEffect, useState } from 'react';

/** The time on a clock, renewed every second. */
export function useNow(clock: { nowMs(): number }): number {
  const [now, setNow] = useState(() => clock.nowMs());
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.nowMs()), 1_000);
    return () => clearInterval(timer);
  }, [clock]);
  return now;
}
