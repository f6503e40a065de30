import { Lock } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';

import { type Cart, newerCart, pieces } from '../cart';
import { Total } from '../cart/Total';
import type { Me } from '../data/me';
import { useProducts } from '../data/products';
import { useShopProblem } from '../useShopProblem';
import styles from './checkout.module.css';
import { PaymentChoice } from './PaymentChoice';
import { type PaymentId, tokenOf } from './payments';
import { changedPrices } from './prices';
import { PricesChanged } from './PricesChanged';
import { useCheckout } from './useCheckout';

/** Address, payment, total, and the one press that orders. */
export function CheckoutForm({ cart, me }: { cart: Cart; me: Me }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  const navigate = useNavigate();
  const problem = useShopProblem();
  const checkout = useCheckout(me);
  const [email, setEmail] = useState(me.email ?? '');
  const [payment, setPayment] = useState<PaymentId>('ok');
  const form = useRef<HTMLFormElement>(null);
  const products = useProducts(cart.items.map((item) => item.product_id));
  const changes = changedPrices(checkout.error);
  const badEmail = checkout.error instanceof ProblemError && checkout.error.slug === 'invalid-email' ? problem(checkout.error) : undefined;
  const order = (acceptPrices: boolean) =>
    checkout.mutate({ cart, email: email.trim(), paymentToken: tokenOf(payment), acceptPrices }, {
      onSuccess: ({ order }) => void navigate(`/shop/orders/${order.order_id}`, { state: { placed: true } }),
    });
  return (
    <form ref={form} className={styles.form} onSubmit={(event) => {
      event.preventDefault();
      if (!checkout.isPending) order(false);
    }}>
      <h1>{t('checkout.title')}</h1>
      <div className={styles.columns}>
        <div className={styles.parts}>
          <section className={styles.part}>
            <h2>{t('checkout.contact')}</h2>
            {me.guest ? (
              <TextField label={t('checkout.email')} hint={t('checkout.email_hint')} error={badEmail} type="email" autoComplete="email" inputMode="email" maxLength={254} value={email} onChange={setEmail} />
            ) : (
              <p>{me.email ? t('checkout.mails_to', { email: me.email }) : t('checkout.no_mails')}</p>
            )}
          </section>
          <section className={styles.part}>
            <h2 id="payment">{t('checkout.payment')}</h2>
            <PaymentChoice value={payment} onChange={setPayment} />
          </section>
        </div>
        <aside className={styles.summary}>
          <h2>{t('checkout.summary')}</h2>
          <ul>
            {cart.items.map((item) => (
              <li key={item.product_id}><span>{products.of(item.product_id)?.name ?? t('gone.title')} <span className="dim numbers">× {item.quantity}</span></span><span className="numbers">{money(item.price * item.quantity, cart.currency ?? 'JPY')}</span></li>
            ))}
          </ul>
          <Total cart={cart} count={pieces(cart)} />
          {checkout.error && !changes && !badEmail ? <Notice tone="bad" alert>{newerCart(checkout.error) ? t('cart.changed') : problem(checkout.error)}</Notice> : null}
          <Button type="submit" look="primary" size="large" isPending={checkout.isPending}>{t('checkout.order')}</Button>
          <p className={styles.small}><Lock aria-hidden />{t('checkout.test')}</p>
        </aside>
      </div>
      {changes ? <PricesChanged changes={changes} cart={cart} names={(id) => products.of(id)?.name ?? id} busy={checkout.isPending} onAccept={() => order(true)} onClose={() => checkout.reset()} /> : null}
    </form>
  );
}
