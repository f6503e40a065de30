import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { replace } from '@/api/session';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useShopProblem } from '../useShopProblem';
import styles from './account.module.css';

/** A new password. Not repeated by itself: where it got no answer, the new one may hold already. */
export function ChangePassword() {
  const { t } = useTranslation('shop');
  const problem = useShopProblem();
  const [password, setPassword] = useState('');
  const [fresh, setFresh] = useState('');
  const changing = useMutation({
    mutationFn: () => body(api.POST('/auth/password', { body: { password, new_password: fresh } })),
    onSuccess: (token) => {
      replace(token);
      setPassword('');
      setFresh('');
      say(t('password.done'));
    },
  });
  const slug = changing.error instanceof ProblemError ? changing.error.slug : '';
  const atOld = slug === 'wrong-password' ? problem(changing.error) : undefined;
  const atNew = slug === 'unsafe-password' ? problem(changing.error) : undefined;
  return (
    <section className={styles.panel} aria-labelledby="password">
      <h2 id="password">{t('password.title')}</h2>
      <form className={styles.form} onSubmit={(event) => {
        event.preventDefault();
        if (!changing.isPending) changing.mutate();
      }}>
        <TextField label={t('password.old')} type="password" autoComplete="current-password" isRequired maxLength={128} value={password} onChange={setPassword} error={atOld} />
        <TextField label={t('password.new')} hint={t('sign_in.password_hint')} type="password" autoComplete="new-password" isRequired minLength={8} maxLength={128} value={fresh} onChange={setFresh} error={atNew} />
        {changing.error && !atOld && !atNew ? <Notice tone="bad" alert>{problem(changing.error)}</Notice> : null}
        <div><Button type="submit" isPending={changing.isPending}>{t('password.change')}</Button></div>
      </form>
    </section>
  );
}
