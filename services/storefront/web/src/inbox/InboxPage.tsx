import { ExternalLink, Inbox, MailOpen, MailSearch, MailX } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { ProblemError } from '@/api/problem';
import { places } from '@/app/places';
import { useFormats } from '@/i18n/format';
import { useTitle } from '@/shop/useTitle';
import { Button, LinkButton } from '@/ui/Button';
import { Empty, Failed, Notice, Skeleton, useProblemText } from '@/ui/states';

import styles from './inbox.module.css';
import { LISTED, type Mails, useMails } from './mails';
import { MailList } from './MailList';
import { MailPart } from './MailPart';
import { Search } from './Search';

/** Mails of a developer's street: in the cluster and on AWS they go to the people they are for. */
export function Component() {
  const { t } = useTranslation('inbox');
  useTitle(t('title'));
  if (places.mails) return <Letters />;
  return places.inbox ? (
    <Empty isPage icon={<Inbox aria-hidden />} title={t('elsewhere.title')}>
      <p>{t('elsewhere.text')}</p>
      <a href={places.inbox}><ExternalLink aria-hidden size={16} /> {t('elsewhere.open')}</a>
    </Empty>
  ) : <Empty isPage icon={<MailX aria-hidden />} title={t('none_here.title')}><p>{t('none_here.text')}</p></Empty>;
}

function Letters() {
  const { t } = useTranslation('inbox');
  const { count } = useFormats();
  const text = useProblemText();
  const [params, setParams] = useSearchParams();
  const [q, open] = [params.get('q') ?? '', params.get('mail')];
  const mails = useMails(q);
  // Who searches wants to see what is found: on a phone an open mail would lie over it.
  const search = useCallback((q: string) => setParams(q ? { q } : {}, { replace: true, preventScrollReset: true }), [setParams]);
  const refused = mails.error instanceof ProblemError && mails.error.status === 400;
  const isBehind = mails.isError && mails.data !== undefined && !refused;
  return (
    <div className={`${styles.page ?? ''} ${open ? (styles.reading ?? '') : ''}`}>
      <div className={styles.head}>
        <h1>{t('title')}</h1>
        {mails.data ? <span className={styles.count}>{t('count', { count: mails.data.total, total: count(mails.data.total) })}{mails.data.unread ? ` · ${t('unread', { unread: count(mails.data.unread) })}` : ''}</span> : null}
        <span className={`${styles.live ?? ''} ${isBehind ? (styles.behind ?? '') : ''}`} role="status"><span className={styles.dot} aria-hidden />{isBehind ? t('behind') : t('live')}</span>
      </div>
      <p className={styles.lead}>{t('lead')}</p>
      <Search q={q} onSearch={search} />
      {refused ? <Notice tone="warn" alert>{text(mails.error)}</Notice> : null}
      {mails.data ? <Found mails={mails.data} q={q} open={open} isStale={mails.isPlaceholderData} clear={() => search('')} /> : mails.isError && !refused ? <Failed error={mails.error} again={() => void mails.refetch()} /> : refused ? null : <Skeleton height="480px" />}
    </div>
  );
}

function Found({ mails, q, open, isStale, clear }: { mails: Mails; q: string; open: string | null; isStale: boolean; clear: () => void }) {
  const { t } = useTranslation('inbox');
  const { count } = useFormats();
  if (mails.messages.length === 0 && !open) {
    return q ? (
      <Empty icon={<MailSearch aria-hidden />} title={t('nothing.title')}><p>{t('nothing.text', { q })}</p><Button onPress={clear}>{t('nothing.clear')}</Button></Empty>
    ) : (
      <Empty icon={<Inbox aria-hidden />} title={t('empty.title')}><p>{t('empty.text')}</p><LinkButton href="/">{t('empty.shop')}</LinkButton></Empty>
    );
  }
  return (
    <div className={styles.split}>
      <div className={styles.side} aria-busy={isStale}>
        <MailList mails={mails.messages} q={q} open={open} />
        {mails.messages_count > LISTED ? <p className={styles.more}>{t('more', { shown: count(LISTED), all: count(mails.messages_count) })}</p> : null}
      </div>
      {open ? <MailPart key={open} id={open} q={q} /> : <div className={styles.choose}><MailOpen aria-hidden /><p>{t('choose')}</p></div>}
    </div>
  );
}
