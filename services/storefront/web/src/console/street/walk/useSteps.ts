import { useEffect, useRef, useState } from 'react';

import { type Link, StepsFeed } from './feed';
import { type Step, type Walked, walkedOn, type Ways } from './steps';

export interface Steps { link: Link; oneIn: number; ways: Ways; orders: Walked[]; /** Whether some were not told. */ missed: boolean }

const NONE: Steps = { link: 'connecting', oneIn: 1, ways: {}, orders: [], missed: false };

/** The steps of orders while the page is seen; `walked` hears of each that comes. */
export function useSteps(): Steps & { onSteps: (hear: (steps: readonly Step[]) => void) => () => void } {
  const [seen, setSeen] = useState<Steps>(NONE);
  const hearers = useRef(new Set<(steps: readonly Step[]) => void>());
  useEffect(() => {
    const feed = new StepsFeed(
      (message) => {
        setSeen((before) => message.type === 'begin'
          ? { ...before, oneIn: message.one_in, ways: message.ways }
          : { ...before, oneIn: message.one_in, missed: message.missed, orders: walkedOn(before.orders, message.steps) });
        if (message.type === 'steps') for (const hear of hearers.current) hear(message.steps);
      },
      (link) => setSeen((before) => ({ ...before, link })),
    );
    return () => feed.close();
  }, []);
  const [onSteps] = useState(() => (hear: (steps: readonly Step[]) => void) => {
    hearers.current.add(hear);
    return () => void hearers.current.delete(hear);
  });
  return { ...seen, onSteps };
}
