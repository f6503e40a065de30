import { useTranslation } from 'react-i18next';

/** Names an event by its type; a mail by which one it is. */
export function useEventName(): (type: string, mail?: string) => string {
  const { t, i18n } = useTranslation('console');
  return (type, mail) => {
    if (type !== 'Mail') return type;
    const known = `mail.${mail ?? ''}`;
    return t('mail.one', { mail: i18n.exists(known, { ns: 'console' }) ? t(known as 'mail.receipt') : (mail ?? '–') });
  };
}

export function EventName({ type, mail }: { type: string; mail?: string | undefined }) {
  return <>{useEventName()(type, mail)}</>;
}
