import { Maximize2, Minimize2 } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { LinkButton } from '@/ui/Button';

import { net } from './board';
import { Connection } from './Connection';
import { type Pair, useEarlier, useProduct } from './data';
import { Latest } from './Latest';
import styles from './live.module.css';
import { Mine } from './Mine';
import { Minutes } from './Minutes';
import { own } from './own';
import { usePurchases } from './purchases';
import { Rival } from './Rival';
import { Tug } from './Tug';
import { useLive } from './useLive';

/** Projected on a wall, the page is alone: what is around it goes. */
function useWall(wall: boolean): void {
  useEffect(() => {
    document.documentElement.toggleAttribute('data-wall', wall);
    return () => {
      document.documentElement.removeAttribute('data-wall');
    };
  }, [wall]);
}

/** The two rivals, live. */
export function Street({ pair }: { pair: Pair }) {
  const { t } = useTranslation('live');
  const [search] = useSearchParams();
  const wall = search.has('wall');
  useWall(wall);
  const live = useLive(pair);
  const earlier = useEarlier();
  const purchases = usePurchases();
  const products = [useProduct(pair[0]).product, useProduct(pair[1]).product];
  const nameAt = (side: 0 | 1) => products[side]?.name ?? live.board?.products.get(pair[side])?.name ?? pair[side];
  const names: [string, string] = [nameAt(0), nameAt(1)];
  const counts = [net(live.board, pair[0]), net(live.board, pair[1])] as const;
  const nameOf = (product: string) => (product === pair[0] ? names[0] : product === pair[1] ? names[1] : product);
  const ahead = (counts[0] ?? 0) - (counts[1] ?? 0);
  const lead = counts[0] === null ? t('lead.waiting') : ahead === 0 ? t('lead.even') : t('lead.ahead', { name: ahead > 0 ? names[0] : names[1], count: Math.abs(ahead) });
  return (
    <div className={styles.street}>
      <header className={styles.title}>
        <div>
          <h1>{names[0]} <span className={styles.vs}>vs</span> {names[1]}</h1>
          <p>{t('intro')}</p>
        </div>
        <LinkButton look="quiet" size="small" href={wall ? '/live' : '/live?wall'}>
          {wall ? <Minimize2 aria-hidden /> : <Maximize2 aria-hidden />}{wall ? t('wall.leave') : t('wall.enter')}
        </LinkButton>
      </header>
      <div className={styles.rivals}>
        {([0, 1] as const).map((at) => (
          <Rival
            key={pair[at]} id={pair[at]} side={at === 0 ? 'first' : 'second'} name={names[at]} count={counts[at]} own={own(pair[at], earlier, purchases)}
            beat={live.beat(pair[at]).beats} rise={live.beat(pair[at]).pieces} onBuy={() => live.order(pair[at])}
          />
        ))}
        <span className={styles.seal} aria-hidden>{t('versus')}</span>
      </div>
      <Tug names={names} counts={counts} />
      <div className={styles.said}>
        <p className={styles.lead}>{lead}</p>
        <Connection link={live.link} />
      </div>
      <div className={styles.below}>
        <Minutes points={live.points} names={names} ready={live.hasPoints} />
        <div className={styles.side}>
          <Latest entries={live.entries} nameOf={nameOf} now={live.now} />
          {wall ? null : <Mine nameOf={nameOf} />}
        </div>
      </div>
    </div>
  );
}
