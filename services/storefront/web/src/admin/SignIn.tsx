import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { signIn } from '@/api/session';
import { queries } from '@/app/query';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Card, Notice, useProblemText } from '@/ui/states';

import styles from './sign-in.module.css';

/** Signs an administrator in without leaving the page; `other` says that somebody else is signed in. */
export function SignIn({ other }: { other: boolean }) {
  const { t } = useTranslation('admin');
  const text = useProblemText();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const entering = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    // What was read as somebody else is read again; what the page behind has begun to read goes on.
    onSuccess: () => void queries.resetQueries(),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    entering.mutate();
  };
  const wrong = entering.error instanceof ProblemError && entering.error.status === 401;
  return (
    <div className={styles.place}>
      <Card as="div">
        <form className={styles.form} onSubmit={submit}>
          <h1>{t('sign_in.title')}</h1>
          <p className="dim">{t(other ? 'sign_in.other' : 'sign_in.text')}</p>
          <TextField label={t('sign_in.email')} type="email" autoComplete="username" value={email} onChange={setEmail} isRequired />
          <TextField label={t('sign_in.password')} type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired />
          {entering.isError ? <Notice tone="bad" alert>{wrong ? t('sign_in.wrong') : text(entering.error)}</Notice> : null}
          <Button type="submit" look="primary" isPending={entering.isPending}>{t('sign_in.go')}</Button>
        </form>
      </Card>
    </div>
  );
}
