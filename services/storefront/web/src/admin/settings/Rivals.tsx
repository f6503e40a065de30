import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, body, type Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { Button, LinkButton } from '@/ui/Button';
import { type Choice, Select } from '@/ui/Field';
import { Card, Failed, Notice, Skeleton, useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';

import { choices } from './choices';
import styles from './rivals.module.css';

const MOST = 100;

function Form({ rivals, products }: { rivals: Schemas['Rivals']; products: readonly Choice[] }) {
  const { t } = useTranslation('live');
  const queries = useQueryClient();
  const problem = useProblemText();
  const [chosen, setChosen] = useState<Partial<Pick<Schemas['Rivals'], 'first' | 'second'>>>({});
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
  const nameOf = (id: string) => products.find((product) => product.id === id)?.text ?? id;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={styles.pair}>
        <Select label={t('settings.first')} choices={choices(products, pair.first)} value={pair.first} onChange={(first) => setChosen({ ...chosen, first })} />
        <Select label={t('settings.second')} choices={choices(products, pair.second)} value={pair.second} onChange={(second) => setChosen({ ...chosen, second })} />
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
  const products = useQuery({
    queryKey: ['admin', 'rival-choices'],
    queryFn: ({ signal }) => body(api.GET('/products', { params: { query: { limit: MOST } }, signal })),
    select: ({ items }) => items.flatMap((item): Choice[] => ('name' in item ? [{ id: item.product_id, text: item.name }] : [])),
  });
  const failed = rivals.error ?? products.error;
  return (
    <Card aria-labelledby="rivals">
      <div className={styles.head}>
        <h2 id="rivals">{t('settings.title')}</h2>
        <p className="dim">{t('settings.text')}</p>
      </div>
      {rivals.data && products.data ? <Form rivals={rivals.data} products={products.data} /> : failed ? <Failed error={failed} again={() => void Promise.all([rivals.refetch(), products.refetch()])} /> : <Skeleton height="132px" />}
    </Card>
  );
}
