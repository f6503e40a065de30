import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** What the window is called while this page is shown. */
export function useTitle(title: string): void {
  const { t } = useTranslation();
  const whole = `${title} · ${t('brand')}`;
  useEffect(() => {
    document.title = whole;
  }, [whole]);
}
