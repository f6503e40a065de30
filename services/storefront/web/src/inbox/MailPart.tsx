import { ChevronLeft, Paperclip } from 'lucide-react';
import { Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Segmented } from '@/ui/Segmented';
import { Empty, Failed, Skeleton } from '@/ui/states';

import styles from './inbox.module.css';
import { at, inFull, linked, type Mail, useMail } from './mails';

type Form = 'html' | 'text';

/** The mail that is open. */
export function MailPart({ id, q }: { id: string; q: string }) {
  const { t } = useTranslation('inbox');
  const mail = useMail(id);
  const isGone = mail.error instanceof ProblemError && mail.error.status === 404;
  return (
    <article className={styles.mail} aria-labelledby={mail.data ? 'subject' : undefined}>
      <Link className={styles.back} to={q ? `?${new URLSearchParams({ q }).toString()}` : '?'}><ChevronLeft aria-hidden />{t('back')}</Link>
      {mail.data ? <Open mail={mail.data} /> : isGone ? <Empty icon={<Paperclip aria-hidden />} title={t('gone.title')}><p>{t('gone.text')}</p></Empty> : mail.isError ? <Failed error={mail.error} again={() => void mail.refetch()} /> : <Skeleton height="420px" />}
    </article>
  );
}

function Open({ mail }: { mail: Mail }) {
  const { t } = useTranslation('inbox');
  const { time, count } = useFormats();
  const [wish, want] = useState<Form>('html');
  const form = mail.HTML ? wish : 'text';
  const people = { from: [mail.From], to: mail.To, cc: mail.Cc, bcc: mail.Bcc, reply: mail.ReplyTo };
  return (
    <>
      <header className={styles.top}>
        <h2 id="subject">{mail.Subject || t('no_subject')}</h2>
        <dl>
          {(Object.keys(people) as (keyof typeof people)[]).filter((name) => people[name].length > 0).map((name) => (
            <Fragment key={name}><dt>{t(`fact.${name}`)}</dt><dd>{people[name].map(inFull).join(t('comma'))}</dd></Fragment>
          ))}
          <dt>{t('fact.date')}</dt><dd className="numbers">{time(mail.Date)}</dd>
          {mail.Attachments.length > 0 ? (
            <><dt>{t('files')}</dt><dd>{mail.Attachments.map((file) => <a key={file.PartID} href={at(`/api/v1/message/${mail.ID}/part/${file.PartID}`)} target="_blank" rel="noreferrer">{file.FileName} ({t('bytes', { count: file.Size, bytes: count(file.Size) })})</a>)}</dd></>
          ) : null}
        </dl>
        {mail.HTML ? <div className={styles.form}><Segmented label={t('form')} choices={[{ id: 'html', text: t('html') }, { id: 'text', text: t('text') }]} value={form} onChange={want} /></div> : null}
      </header>
      {/* No scripts and no origin for what a mail brings; its links open beside this page. */}
      {form === 'html' ? <iframe className={styles.html} src={at(`/view/${mail.ID}.html`)} title={t('shown', { subject: mail.Subject || t('no_subject') })} sandbox="allow-popups allow-popups-to-escape-sandbox" referrerPolicy="no-referrer" />
        : <Text text={mail.Text} />}
    </>
  );
}

function Text({ text }: { text: string }) {
  const { t } = useTranslation('inbox');
  // What scrolls by keyboard has to take the focus.
  return <pre className={styles.text} tabIndex={0} aria-label={t('text')}>{linked(text).map((part, n) => (n % 2 ? <a key={n} href={part} target="_blank" rel="noreferrer">{part}</a> : part))}</pre>;
}
