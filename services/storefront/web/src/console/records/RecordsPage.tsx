import { useTranslation } from 'react-i18next';

import layout from '../layout.module.css';
import { Deeds } from './Deeds';
import { Runs } from './Runs';

export function Component() {
  const { t } = useTranslation('console');
  return (
    <>
      <div className={layout.head}><h1>{t('records.title')}</h1></div>
      <p className={layout.lead}>{t('records.lead')}</p>
      <Runs />
      <Deeds />
    </>
  );
}
