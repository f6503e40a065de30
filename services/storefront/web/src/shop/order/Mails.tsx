import { Mail as Letter } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { inboxAt } from '@/app/places';
import { useFormats } from '@/i18n/format';

import styles from './order.module.css';
import type { Mail } from './timeline';

/** Which mails went out about the order. */
export function Mails({ order, mails }: { order: string; mails: readonly Mail[] }) {
  const { t } = useTranslation('shop');
  const { time } = useFormats();
  // Each mail has its order's number in it.
  const inbox = mails.some(({ state }) => state === 'sent') && inboxAt(order);
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
      {inbox ? <p className="dim"><Link to={inbox}>{t('mails.inbox')}</Link></p> : null}
    </section>
  );
}
