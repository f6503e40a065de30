import { useQuery } from '@tanstack/react-query';
import { Footprints } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Badge, Empty, Failed, Skeleton, type Tone } from '@/ui/states';

import layout from '../layout.module.css';
import styles from './journey.module.css';

const TONES: Record<string, Tone> = { pending: 'info', confirmed: 'info', paid: 'good', shipped: 'good', cancelled: 'warn' };
const ID = /^ord_[A-Za-z0-9_-]{1,64}$/;

/** An order by its id, or one of the newest. */
export function Component() {
  const { t } = useTranslation('console');
  const { ago, money } = useFormats();
  const navigate = useNavigate();
  const [id, set] = useState('');
  const [tried, tell] = useState(false);
  const orders = useQuery({ queryKey: ['console', 'orders'], queryFn: ({ signal }) => body(api.GET('/orders', { params: { query: { limit: 30 } }, signal })), refetchInterval: 5_000 });
  const isId = ID.test(id.trim());
  return (
    <>
      <div className={layout.head}><h1>{t('orders.title')}</h1></div>
      <form className={styles.find} onSubmit={(event) => {
        event.preventDefault();
        tell(true);
        if (isId) void navigate(`/admin/operations/orders/${id.trim()}`);
      }}>
        <TextField label={t('orders.id')} placeholder="ord_…" value={id} onChange={set} {...(tried && !isId && { error: t('orders.no_id') })} />
        <Button type="submit" look="primary">{t('orders.open')}</Button>
      </form>
      {orders.data ? orders.data.items.length ? (
        <section className={layout.panel} aria-labelledby="newest">
          <div className={layout.panelHead}><h2 id="newest">{t('orders.newest')}</h2></div>
          <div className={layout.scroll} role="group" aria-labelledby="newest" tabIndex={0}>
            <table className={layout.table}>
              <thead><tr><th scope="col">{t('orders.order')}</th><th scope="col">{t('figure.state')}</th><th scope="col" className={layout.right}>{t('then.total')}</th><th scope="col" className={layout.right}>{t('then.placed')}</th></tr></thead>
              <tbody>
                {orders.data.items.map((order) => ('damaged' in order ? (
                  <tr key={order.id}><td><Link className={layout.id} to={`/admin/operations/orders/${order.id}`}>{order.id}</Link></td><td><Badge tone="bad">{t('orders.damaged')}</Badge></td><td /><td /></tr>
                ) : (
                  <tr key={order.order_id}>
                    <td><Link className={layout.id} to={`/admin/operations/orders/${order.order_id}`}>{order.order_id}</Link></td><td><Badge tone={TONES[order.status] ?? 'neutral'}>{t(`status.${order.status}`)}</Badge></td>
                    <td className={layout.right}>{money(order.total, order.currency)}</td><td className={layout.right}>{ago(order.placed_at)}</td>
                  </tr>
                )))}
              </tbody>
            </table>
          </div>
        </section>
      ) : <Empty icon={<Footprints aria-hidden />} title={t('orders.none')}><p>{t('orders.none_text')}</p></Empty> : orders.isError ? <Failed error={orders.error} again={() => void orders.refetch()} /> : <Skeleton height="420px" />}
    </>
  );
}
