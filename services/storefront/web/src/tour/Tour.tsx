import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';

import { inboxAt } from '@/app/places';
import { useRivals } from '@/live/data';
import { Button } from '@/ui/Button';

import { drop, useTourOrder } from './order';
import { Ordered } from './Ordered';
import { Place } from './Place';
import { type At, go, type Step, STEPS } from './state';
import styles from './tour.module.css';

/** Where a step is shown, if that matters. */
const PAGES: Partial<Record<Step, string>> = { shop: '/', rivals: '/live', moved: '/live' };

/** The tour's panel: beside the pages, not over them, so that everything can be tried on the way. */
export default function Tour({ at }: { at: Exclude<At, null> }) {
  const { t } = useTranslation('live');
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  const pair = useRivals();
  const product = useTourOrder()?.order.product;
  // The live page moves for its rivals only.
  const isStill = at === 'moved' && pair !== undefined && (product === undefined || !pair.includes(product));
  const inbox = inboxAt();
  const index = at === 'offer' ? -1 : STEPS.indexOf(at);
  const next = STEPS[index + 1];
  const before = STEPS[index - 1];
  const move = (step: Step | null) => {
    go(step);
    // Another tour orders anew.
    if (step === null) drop();
    const page = step && PAGES[step];
    if (page && page !== pathname) void navigate(page);
  };
  useEffect(() => {
    // Who moves on hears the next step; the offer disturbs nobody.
    if (index >= 0) heading.current?.focus();
  }, [index]);
  return (
    <aside className={styles.tour} aria-label={t('tour.label')}>
      <div className={styles.head}>
        <p className="numbers">{index < 0 ? t('tour.label') : t('tour.at', { step: index + 1, of: STEPS.length })}</p>
        <Button look="quiet" size="small" icon aria-label={t('tour.end')} onPress={() => move(null)}><X aria-hidden /></Button>
      </div>
      <h2 ref={heading} tabIndex={-1}>{t(`tour.${at}.title`)}</h2>
      <p>{isStill ? t('tour.still') : t(`tour.${at}.text`)}</p>
      {at === 'order' ? <Place onPlaced={() => move('travel')} /> : null}
      {at === 'travel' ? <Ordered onBack={() => move('order')} /> : null}
      {at === 'mail' && inbox ? <p><a href={inbox} target="_blank" rel="noreferrer">{t('tour.inbox')}</a></p> : null}
      {at === 'behind' ? <p><a href="/docs">{t('tour.api')}</a></p> : null}
      <div className={styles.foot}>
        {before ? <Button size="small" look="quiet" onPress={() => move(before)}>{t('tour.back')}</Button> : null}
        {at === 'offer' ? <Button size="small" look="quiet" onPress={() => move(null)}>{t('tour.later')}</Button> : null}
        <Button look={at === 'order' ? 'quiet' : 'primary'} size="small" onPress={() => move(next ?? null)}>{at === 'offer' ? t('tour.begin') : next ? t('tour.next') : t('tour.end')}</Button>
      </div>
    </aside>
  );
}
