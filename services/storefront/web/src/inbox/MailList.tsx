import { Paperclip } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';

import styles from './inbox.module.css';
import { type Listed, nameOf } from './mails';

/** The mails, the newest first. Which one is open is in the address, so that it can be sent to somebody. */
export function MailList({ mails, q, open }: { mails: readonly Listed[]; q: string; open: string | null }) {
  const { t } = useTranslation('inbox');
  return (
    <nav aria-label={t('list')}>
      <ul className={styles.list}>{mails.map((mail) => <Entry key={mail.ID} mail={mail} q={q} isOpen={mail.ID === open} />)}</ul>
    </nav>
  );
}

function Entry({ mail, q, isOpen }: { mail: Listed; q: string; isOpen: boolean }) {
  const { t } = useTranslation('inbox');
  const { ago, time } = useFormats();
  const isNew = !mail.Read && !isOpen;
  return (
    <li>
      <Link to={`?${new URLSearchParams({ ...(q && { q }), mail: mail.ID }).toString()}`} preventScrollReset aria-current={isOpen ? 'page' : undefined} data-new={isNew || undefined}>
        <span className={styles.who}>
          {isNew ? <span className={styles.mark}><span className="visually-hidden">{t('new')}</span></span> : null}
          <span className={styles.to}>{[...mail.To, ...mail.Cc, ...mail.Bcc].map(nameOf).join(t('comma'))}</span>
          {mail.Attachments > 0 ? <Paperclip size={14} aria-label={t('files')} /> : null}
          <time dateTime={mail.Created} title={time(mail.Created)}>{ago(mail.Created)}</time>
        </span>
        <strong>{mail.Subject || t('no_subject')}</strong>
        <span className={styles.snippet}>{mail.Snippet}</span>
      </Link>
    </li>
  );
}
