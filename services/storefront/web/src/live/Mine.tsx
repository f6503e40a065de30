import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { places } from '@/app/places';
import { Button } from '@/ui/Button';
import { Badge, type Tone, useProblemText } from '@/ui/states';

import styles from './live.module.css';
import { again, type Purchase, type Stage, usePurchases } from './purchases';
import { Sweet } from './Sweet';

const TONES: Record<Stage, Tone> = { sending: 'neutral', unsure: 'warn', pending: 'info', confirmed: 'info', paid: 'good', shipped: 'good', cancelled: 'bad', failed: 'bad' };
const SHOWN = 5;

function Line({ purchase, name }: { purchase: Purchase; name: string }) {
  const { t, i18n } = useTranslation('live');
  const problem = useProblemText();
  const why = purchase.stage === 'failed' ? problem(purchase.error) : purchase.stage === 'unsure' ? t('mine.unsure') : purchase.stage === 'cancelled' && purchase.reason ? t(`reason.${purchase.reason as 'out_of_stock'}`, { defaultValue: '' }) : '';
  return (
    <li className={styles.line}>
      <Sweet product={purchase.product} small />
      <span className={styles.what}>
        {purchase.orderId ? <Link to={`/shop/orders/${purchase.orderId}`}>{name}</Link> : name}
        {why ? <small>{why}</small> : null}
      </span>
      {purchase.stage === 'unsure' ? <Button size="small" onPress={() => void again(purchase, i18n.language)}>{t('mine.again')}</Button> : null}
      <Badge tone={TONES[purchase.stage]}>{t(`stage.${purchase.stage}`)}</Badge>
    </li>
  );
}

/** What was ordered from this page, and how far each order is. */
export function Mine({ nameOf }: { nameOf: (product: string) => string }) {
  const { t } = useTranslation('live');
  const purchases = usePurchases();
  return (
    <section className={styles.card} aria-labelledby="mine">
      <h2 id="mine">{t('mine.title')}</h2>
      <ul className={styles.lines} aria-live="polite">
        {purchases.slice(0, SHOWN).map((purchase) => <Line key={purchase.key} purchase={purchase} name={nameOf(purchase.product)} />)}
      </ul>
      {purchases.length === 0 ? <p className={styles.quiet}>{t('mine.none')}</p> : null}
      {purchases.length > SHOWN ? <p className={styles.quiet}><Link to="/shop/orders">{t('mine.all', { count: purchases.length })}</Link></p> : null}
      {places.inbox ? <p className={styles.quiet}>{t('mine.mail')}</p> : null}
    </section>
  );
}
