import { Mail as Letter } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { places } from '@/app/places';
import { useFormats } from '@/i18n/format';

import styles from './order.module.css';
import type { Mail } from './timeline';

/** Which mails went out about the order. */
export function Mails({ mails }: { mails: readonly Mail[] }) {
  const { t } = useTranslation('shop');
  const { time } = useFormats();
  return (
    <section className={styles.panel} aria-labelledby="mails">
      <h2 id="mails">{t('mails.title')}</h2>
      <ul className={styles.entries}>
        {mails.map((mail) => (
          <li key={mail.id}>
            <span className={styles.letter}><Letter aria-hidden /></span>
            <span className={styles.what}>
              <strong>{t(`mails.${mail.kind}`)}</strong>
              <span className="dim">{mail.state === 'sent' ? (mail.at ? time(mail.at) : t('mails.sent')) : t(`mails.${mail.state}`)}</span>
            </span>
          </li>
        ))}
      </ul>
      {places.inbox ? <p className="dim"><a href={places.inbox}>{t('mails.inbox')}</a></p> : null}
    </section>
  );
}
