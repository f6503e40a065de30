import { Check, CircleUser, Languages } from 'lucide-react';
import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { change, LANGUAGES } from '@/i18n';
import { Button } from '@/ui/Button';
import { useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';

import { leave } from './leave';
import { queries } from './query';
import styles from './shell.module.css';
import { choose, type Theme, useTheme } from './theme';

const THEMES: Theme[] = ['system', 'light', 'dark'];

/** Language and appearance. Opens as it comes: it is loaded when its button is pressed (`LateMenu`). */
export function DisplayMenu() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const text = useProblemText();
  return (
    <MenuTrigger defaultOpen>
      <Button look="quiet" icon aria-label={`${t('language.label')} / ${t('theme.label')}`}><Languages aria-hidden /></Button>
      <Popover>
        <Menu className={styles.menu ?? ''}>
          <MenuSection selectionMode="single" selectedKeys={[i18n.language]} disallowEmptySelection onSelectionChange={(keys) => {
            const language = LANGUAGES.find((language) => keys !== 'all' && keys.has(language));
            if (language) change(language).then(() => queries.invalidateQueries()).catch((error: unknown) => say(text(error)));
          }}>
            <Header className={styles.heading ?? ''}>{t('language.label')}</Header>
            {LANGUAGES.map((language) => (
              <MenuItem key={language} id={language} className={styles.item ?? ''} textValue={t(`language.${language}`)}>
                {({ isSelected }) => <>{t(`language.${language}`)}{isSelected ? <Check aria-hidden /> : null}</>}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection selectionMode="single" selectedKeys={[theme]} disallowEmptySelection onSelectionChange={(keys) => {
            const chosen = THEMES.find((theme) => keys !== 'all' && keys.has(theme));
            if (chosen) choose(chosen);
          }}>
            <Header className={styles.heading ?? ''}>{t('theme.label')}</Header>
            {THEMES.map((theme) => (
              <MenuItem key={theme} id={theme} className={styles.item ?? ''} textValue={t(`theme.${theme}`)}>
                {({ isSelected }) => <>{t(`theme.${theme}`)}{isSelected ? <Check aria-hidden /> : null}</>}
              </MenuItem>
            ))}
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** One's account. */
export function AccountMenu() {
  const { t } = useTranslation();
  return (
    <MenuTrigger defaultOpen>
      <Button look="quiet" icon aria-label={t('nav.account')}><CircleUser aria-hidden /></Button>
      <Popover>
        <Menu className={styles.menu ?? ''}>
          <MenuItem className={styles.item ?? ''} href="/shop/account">{t('nav.account')}</MenuItem>
          <MenuItem className={styles.item ?? ''} onAction={() => void leave()}>{t('nav.sign_out')}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
