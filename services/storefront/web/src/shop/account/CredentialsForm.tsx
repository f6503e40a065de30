import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';

import { useShopProblem } from '../useShopProblem';
import styles from './account.module.css';
import { type Credentials, Taken } from './useEnter';

export function CredentialsForm({ registers, email, onEmail, busy, error, onSubmit }: { registers: boolean; email: string; onEmail: (email: string) => void; busy: boolean; error: unknown; onSubmit: (wish: Credentials) => void }) {
  const { t } = useTranslation('shop');
  const problem = useShopProblem();
  const [password, setPassword] = useState('');
  const [name, setName] = useState('');
  const slug = error instanceof ProblemError ? error.slug : '';
  const atEmail = slug === 'invalid-email' ? problem(error) : undefined;
  const atPassword = slug === 'unsafe-password' ? problem(error) : undefined;
  const other = error && !atEmail && !atPassword ? (error instanceof Taken ? t('sign_in.taken') : slug === 'unauthorized' && !registers ? t('sign_in.wrong') : problem(error)) : null;
  return (
    <form className={styles.form} onSubmit={(event) => {
      event.preventDefault();
      if (!busy) onSubmit({ email: email.trim(), password, name: name.trim(), registers });
    }}>
      <TextField label={t('sign_in.email')} type="email" autoComplete="username" isRequired maxLength={254} value={email} onChange={onEmail} error={atEmail} />
      {registers ? <TextField label={t('sign_in.name')} hint={t('sign_in.name_hint')} autoComplete="name" maxLength={100} value={name} onChange={setName} /> : null}
      <TextField label={t('sign_in.password')} {...(registers && { hint: t('sign_in.password_hint'), minLength: 8 })} type="password" autoComplete={registers ? 'new-password' : 'current-password'} isRequired maxLength={128} value={password} onChange={setPassword} error={atPassword} />
      {other ? <Notice tone="bad" alert>{other}</Notice> : null}
      <Button type="submit" look="primary" size="large" isPending={busy}>{t(registers ? 'sign_in.register' : 'sign_in.title')}</Button>
    </form>
  );
}
