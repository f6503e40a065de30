import { useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';

import { within } from '../data/links';
import { useTitle } from '../useTitle';
import styles from './account.module.css';
import { CredentialsForm } from './CredentialsForm';
import { useEnter } from './useEnter';

type Way = 'in' | 'new';

/** Signs in, or registers. What was typed goes along from one to the other. */
export function Component() {
  const { t } = useTranslation('shop');
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const [way, setWay] = useState<Way>(params.has('new') ? 'new' : 'in');
  const [email, setEmail] = useState('');
  const entering = useEnter(() => void navigate(within(params.get('next')), { replace: true }));
  useTitle(t(way === 'in' ? 'sign_in.title' : 'sign_in.new'));
  return (
    <div className={styles.gate}>
      <h1>{t(way === 'in' ? 'sign_in.hello' : 'sign_in.hello_new')}</h1>
      <p className="dim">{t(way === 'in' ? 'sign_in.text' : 'sign_in.text_new')}</p>
      <Tabs className={styles.tabs ?? ''} selectedKey={way} onSelectionChange={(key) => {
        setWay(key as Way);
        entering.reset();
      }}>
        <TabList className={styles.tablist ?? ''} aria-label={t('sign_in.hello')}>
          <Tab id="in" className={styles.tab ?? ''}>{t('sign_in.title')}</Tab>
          <Tab id="new" className={styles.tab ?? ''}>{t('sign_in.new')}</Tab>
        </TabList>
        {(['in', 'new'] as const).map((id) => (
          <TabPanel key={id} id={id} className={styles.tabpanel ?? ''}>
            <CredentialsForm registers={id === 'new'} email={email} onEmail={setEmail} busy={entering.isPending} error={entering.error} onSubmit={(wish) => entering.mutate(wish)} />
          </TabPanel>
        ))}
      </Tabs>
    </div>
  );
}
