import { useTranslation } from 'react-i18next';

/** What a category is called, level by level; a level that has no words here is called as it is written. */
export function useCategoryName(): (category: string) => string {
  const { t, i18n } = useTranslation('shop');
  return (category) => category.split('/').map((level) => {
    const known = `categories.${level}`;
    return i18n.exists(known, { ns: 'shop' }) ? t(known as 'categories.sweets') : level;
  }).join(' › ');
}
