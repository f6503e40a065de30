import { CircleUser } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { useWho } from '@/api/session';
import { leave } from '@/app/leave';
import { Button, LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Failed, Skeleton } from '@/ui/states';

import { type Me, useMe } from '../data/me';
import { useTitle } from '../useTitle';
import styles from './account.module.css';
import { ChangePassword } from './ChangePassword';
import { DeleteAccount } from './DeleteAccount';

function Facts({ me }: { me: Me }) {
  const { t } = useTranslation('shop');
  return (
    <dl className={styles.facts}>
      <div><dt>{t('account.name')}</dt><dd>{me.name ?? t('account.no_name')}</dd></div>
      <div><dt>{t('account.email')}</dt><dd>{me.email ?? t('account.no_email')}</dd></div>
      <div><dt>{t('account.language')}</dt><dd>{t(`account.${me.language}`)}</dd></div>
      <div><dt>{t('account.kind')}</dt><dd>{me.guest ? t('account.guest') : t(`account.${me.role}`)}</dd></div>
    </dl>
  );
}

/** One's account: what the shop knows, the password, and the way out. */
export function Component() {
  const { t } = useTranslation('shop');
  const who = useWho();
  const navigate = useNavigate();
  const me = useMe();
  useTitle(t('account.title'));
  const go = () => {
    void leave();
    void navigate('/');
  };
  if (!who.isKnown) return <><h1 className="visually-hidden">{t('account.title')}</h1><Unknown error={who.error}><Skeleton height="240px" /></Unknown></>;
  if (who.person === null) {
    return (
      <>
        <h1 className="visually-hidden">{t('account.title')}</h1>
        <Empty icon={<CircleUser aria-hidden />} title={t('account.nobody')}><LinkButton look="primary" href="/shop/sign-in?next=/shop/account">{t('sign_in.title')}</LinkButton></Empty>
      </>
    );
  }
  return (
    <div className={styles.page}>
      <h1>{t('account.title')}</h1>
      {me.isPending ? <Skeleton height="180px" /> : null}
      {me.isError && !me.data ? <Failed error={me.error} again={() => void me.refetch()} /> : null}
      {me.data ? (
        <>
          <section className={styles.panel} aria-labelledby="facts">
            <h2 id="facts">{t('account.facts')}</h2>
            <Facts me={me.data} />
            <div className={styles.actions}>
              <LinkButton href="/shop/orders">{t('orders.title')}</LinkButton>
              <Button onPress={go}>{t('account.sign_out')}</Button>
            </div>
          </section>
          {me.data.guest ? (
            <section className={styles.panel} aria-labelledby="keep">
              <h2 id="keep">{t('account.keep')}</h2>
              <p>{t('account.keep_text')}</p>
              <div><LinkButton look="primary" href="/shop/sign-in?new=1&next=/shop/account">{t('sign_in.new')}</LinkButton></div>
            </section>
          ) : me.data.role === 'customer' ? <ChangePassword /> : null}
          {me.data.role === 'customer' ? <DeleteAccount userId={me.data.user_id} onDone={go} /> : null}
        </>
      ) : null}
    </div>
  );
}
