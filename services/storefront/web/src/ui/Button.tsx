import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps, Link as AriaLink, type LinkProps as AriaLinkProps, ProgressBar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import styles from './button.module.css';

interface Look {
  look?: 'primary' | 'soft' | 'plain' | 'quiet' | 'danger';
  size?: 'small' | 'medium' | 'large';
  /** Shows an icon alone: give an `aria-label`. */
  icon?: boolean;
}

function classes({ look = 'plain', size = 'medium', icon = false }: Look): string {
  return [styles.button, styles[look], size === 'medium' ? '' : styles[size], icon ? styles.icon : ''].filter(Boolean).join(' ');
}

export type ButtonProps = Omit<AriaButtonProps, 'children' | 'className'> & Look & { children: ReactNode };

/** A button. `isPending` shows that it works and takes no second press. */
export function Button({ look, size, icon, children, ...rest }: ButtonProps) {
  const { t } = useTranslation();
  return (
    <AriaButton {...rest} className={classes({ ...(look && { look }), ...(size && { size }), ...(icon && { icon }) })}>
      {rest.isPending ? <ProgressBar className={styles.spinner ?? ''} aria-label={t('loading')} isIndeterminate /> : null}
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button. Goes by the router. */
export function LinkButton({ look, size, icon, children, ...rest }: Omit<AriaLinkProps, 'children' | 'className'> & Look & { children: ReactNode }) {
  return (
    <AriaLink {...rest} className={classes({ ...(look && { look }), ...(size && { size }), ...(icon && { icon }) })}>
      {children}
    </AriaLink>
  );
}
