import { SearchX, Store } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { usePerson } from '@/api/session';
import { Button, LinkButton } from '@/ui/Button';
import { Empty } from '@/ui/states';

import styles from './home.module.css';

export function NothingFound({ onReset }: { onReset: () => void }) {
  const { t } = useTranslation('shop');
  return (
    <Empty icon={<SearchX aria-hidden />} title={t('nothing.title')}>
      <p>{t('nothing.text')}</p>
      <Button onPress={onReset}>{t('nothing.reset')}</Button>
    </Empty>
  );
}

/** A fresh street: what to do next. */
export function EmptyShop() {
  const { t } = useTranslation('shop');
  const admin = usePerson()?.kind === 'administrator';
  return (
    <Empty icon={<Store aria-hidden />} title={t('empty.title')}>
      <p>{t('empty.text')}</p>
      <ol className={styles.next}>
        <li>{admin ? <LinkButton look="primary" href="/admin/products">{t('empty.add')}</LinkButton> : <LinkButton look="primary" href="/shop/sign-in?next=/admin/products">{t('empty.sign_in')}</LinkButton>}</li>
        <li><span>{t('empty.or')}</span> <code>make seed</code></li>
      </ol>
    </Empty>
  );
}
