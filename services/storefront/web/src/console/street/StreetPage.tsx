import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { Skeleton } from '@/ui/states';

import type { Street } from '../api';
import layout from '../layout.module.css';
import { Live } from '../parts/Live';
import { Trouble } from '../parts/Trouble';
import { Unknown } from '../parts/Unknown';
import { useMedia } from '../parts/useMedia';
import { StreetMap } from './Map';
import { find, nodesOf } from './nodes';
import { Panel } from './Panel';
import styles from './street.module.css';
import { StreetList } from './StreetList';
import { StreetTable } from './StreetTable';
import { Summary } from './Summary';
import { useStreet } from './useStreet';
import { Legend } from './walk/Legend';
import { OrderList } from './walk/OrderList';
import { useSteps } from './walk/useSteps';

export function Component() {
  const { t } = useTranslation('console');
  const street = useStreet();
  return (
    <>
      <div className={layout.head}>
        <h1>{t('street.title')}</h1>
        {street.data ? <Live at={street.data.at} isBehind={street.isBehind} /> : null}
      </div>
      {street.data ? <Seen street={street.data} /> : street.isError ? <Trouble error={street.error} again={() => void street.refetch()} /> : <Skeleton height="680px" />}
    </>
  );
}

function Seen({ street }: { street: Street }) {
  const [parameters, change] = useSearchParams();
  const isNarrow = useMedia('(max-width: 699px)');
  const nodes = useMemo(() => nodesOf(street), [street]);
  // What is open is in the address, so that it can be sent to somebody.
  const open = (id: string | null) => change(id === null ? {} : { at: id }, { replace: true, preventScrollReset: true });
  const steps = useSteps();
  const isStill = useMedia('(prefers-reduced-motion: reduce)');
  const [out, setOut] = useState(0);
  const leftOut = useCallback((count: number) => setOut(count), []);
  return (
    <>
      <Unknown parts={street.unknown} />
      <Summary street={street} />
      {isNarrow ? <StreetList nodes={nodes} open={open} /> : (
        <section className={styles.picture}>
          <StreetMap nodes={nodes} stream={street.stream.name} open={open} steps={isStill ? null : steps} leftOut={leftOut} />
          <Legend steps={steps} leftOut={isStill ? 0 : out} isStill={isStill} />
        </section>
      )}
      {isNarrow ? <Legend steps={steps} leftOut={0} isStill /> : null}
      <OrderList orders={steps.orders} isOpen={isStill || isNarrow} />
      <StreetTable street={street} />
      <Panel node={find(nodes, parameters.get('at'))} street={street} onClose={() => open(null)} />
    </>
  );
}
