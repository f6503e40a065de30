import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, body, type Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { Button, LinkButton } from '@/ui/Button';
import type { Choice } from '@/ui/Field';
import { Card, Failed, Notice, Skeleton, useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';

import { ProductFinder } from './ProductFinder';
import styles from './rivals.module.css';

/** What a product is called; its id where it is not on sale (any longer). */
async function named(id: string, signal: AbortSignal): Promise<Choice> {
  try {
    return { id, text: (await body(api.GET('/products/{id}', { params: { path: { id } }, signal }))).name };
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return { id, text: id };
    throw error;
  }
}

function Form({ rivals, names }: { rivals: Schemas['Rivals']; names: readonly Choice[] }) {
  const { t } = useTranslation('live');
  const queries = useQueryClient();
  const problem = useProblemText();
  const [chosen, setChosen] = useState<Partial<Pick<Schemas['Rivals'], 'first' | 'second'>>>({});
  const [seen, setSeen] = useState<readonly Choice[]>([]);
  const pair = { first: rivals.first, second: rivals.second, ...chosen };
  const save = useMutation({
    mutationFn: () => body(api.PUT('/tally/rivals', { params: { header: { 'If-Match': `"${rivals.version}"` } }, body: pair })),
    onSuccess: (saved) => {
      queries.setQueryData(['tally', 'rivals'], saved);
      setChosen({});
      say(t('settings.saved'));
    },
    // Somebody else has chosen meanwhile: what they chose is shown, and what was chosen here stays chosen.
    onError: (error) => error instanceof ProblemError && error.slug === 'precondition-failed' && void queries.invalidateQueries({ queryKey: ['tally', 'rivals'] }),
  });
  const isAlike = pair.first === pair.second;
  const isSame = pair.first === rivals.first && pair.second === rivals.second;
  const isLate = save.error instanceof ProblemError && save.error.slug === 'precondition-failed';
  const nameOf = (id: string) => [...seen, ...names].find((product) => product.id === id)?.text ?? id;
  const choose = (side: 'first' | 'second') => (choice: Choice) => {
    setSeen([choice, ...seen]);
    setChosen({ ...chosen, [side]: choice.id });
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={styles.pair}>
        {(['first', 'second'] as const).map((side) => <ProductFinder key={side} label={t(`settings.${side}`)} chosen={pair[side]} name={nameOf(pair[side])} onChoose={choose(side)} />)}
      </div>
      {isAlike ? <Notice tone="warn">{t('settings.alike')}</Notice> : null}
      {save.isError ? <Notice tone="bad" alert>{isLate ? t('settings.late', { first: nameOf(rivals.first), second: nameOf(rivals.second) }) : problem(save.error)}</Notice> : null}
      <div className={styles.foot}>
        <LinkButton look="quiet" href="/live">{t('settings.see')}</LinkButton>
        <Button look="primary" type="submit" isPending={save.isPending} isDisabled={isAlike || isSame}>{t('settings.save')}</Button>
      </div>
    </form>
  );
}

/** Which two products the live page sets against each other. */
export default function Rivals() {
  const { t } = useTranslation('live');
  const rivals = useQuery({ queryKey: ['tally', 'rivals'], queryFn: ({ signal }) => body(api.GET('/tally/rivals', { signal })) });
  const ids = rivals.data ? [rivals.data.first, rivals.data.second] : [];
  const names = useQuery({
    queryKey: ['admin', 'rival-names', ids],
    queryFn: ({ signal }) => Promise.all(ids.map((id) => named(id, signal))),
    enabled: rivals.data !== undefined,
    // The form stays while it learns the names of others.
    placeholderData: keepPreviousData,
  });
  const failed = rivals.error ?? names.error;
  return (
    <Card aria-labelledby="rivals">
      <div className={styles.head}>
        <h2 id="rivals">{t('settings.title')}</h2>
        <p className="dim">{t('settings.text')}</p>
      </div>
      {rivals.data && names.data ? <Form rivals={rivals.data} names={names.data} /> : failed ? <Failed error={failed} again={() => void Promise.all([rivals.refetch(), names.refetch()])} /> : <Skeleton height="132px" />}
    </Card>
  );
}
