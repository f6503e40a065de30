import { useTranslation } from 'react-i18next';

import { PageHead } from '../parts/PageHead';
import { BestPanel } from './BestPanel';
import styles from './dashboard.module.css';
import { LowPanel } from './LowPanel';
import { NewestPanel } from './NewestPanel';
import { SalesPanel } from './SalesPanel';
import { Stages } from './Stages';

/** What a merchant wants to know first. */
export function Component() {
  const { t } = useTranslation('admin');
  return (
    <>
      <PageHead title={t('nav.dashboard')} />
      <Stages />
      <SalesPanel />
      <div className={styles.grid}>
        <NewestPanel />
        <div className={styles.stack}>
          <LowPanel />
          <BestPanel />
        </div>
      </div>
    </>
  );
}
