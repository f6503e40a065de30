import { CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Badge, Skeleton, type Tone } from '@/ui/states';

import type { Street } from '../api';
import layout from '../layout.module.css';
import { Commands } from '../parts/Commands';
import { Live } from '../parts/Live';
import { Term } from '../parts/Term';
import { Trouble } from '../parts/Trouble';
import { Unknown } from '../parts/Unknown';
import { useStreet } from '../street/useStreet';
import { type Check, checksOf, type Finding, LAG_S, LATE_S } from './checks';
import styles from './checks.module.css';

const LOOKS: Record<Check['state'], { tone: Tone; Icon: typeof CircleCheck }> = { good: { tone: 'good', Icon: CircleCheck }, bad: { tone: 'bad', Icon: CircleX }, unknown: { tone: 'warn', Icon: CircleHelp } };

/** What has to hold, checked against the street as it was looked at last. */
export function Component() {
  const { t } = useTranslation('console');
  const street = useStreet();
  return (
    <>
      <div className={layout.head}>
        <h1>{t('checks.title')}</h1>
        {street.data ? <Live at={street.data.at} isBehind={street.isBehind} /> : null}
      </div>
      <p className={layout.lead}><Term id="invariant" />{t('checks.lead')}</p>
      {street.data ? <Checked street={street.data} /> : street.isError ? <Trouble error={street.error} again={() => void street.refetch()} /> : <Skeleton height="520px" />}
      <Commands title={t('checks.elsewhere')} lead={t('checks.elsewhere_lead')} commands={[{ command: 'shotengai rebuild read-models --check', text: t('checks.rows') }, { command: 'shotengai provision --check', text: t('checks.resources') }]} />
    </>
  );
}

function Checked({ street }: { street: Street }) {
  const { t } = useTranslation('console');
  const { time } = useFormats();
  const checks = checksOf(street);
  const bad = checks.filter(({ state }) => state !== 'good').length;
  return (
    <section className={layout.panel} aria-labelledby="checks">
      <div className={layout.panelHead}>
        <h2 id="checks">{bad === 0 ? t('checks.all', { count: checks.length }) : t('checks.some', { count: bad, all: checks.length })}</h2>
        <span className={`${layout.small ?? ''} dim numbers`}>{t('checks.at', { at: time(street.at) })}</span>
      </div>
      {street.unknown.length > 0 ? <div className={`${layout.padded ?? ''} ${layout.tightStack ?? ''}`}><Unknown parts={street.unknown} /></div> : null}
      <ul className={styles.checks}>{checks.map((check) => <Row key={check.id} check={check} />)}</ul>
    </section>
  );
}

function Row({ check: { id, state, findings, looked, term } }: { check: Check }) {
  const { t } = useTranslation('console');
  const { tone, Icon } = LOOKS[state];
  return (
    <li data-state={state}>
      <Icon aria-hidden />
      <div className={styles.what}>
        <h3>{t(`checks.check.${id}.name`)}</h3>
        <p className={layout.lead}><Term id={term} /> · {t(`checks.check.${id}.text`, { late: LATE_S, lag: LAG_S })}</p>
        {findings.length > 0 ? <ul className={styles.findings}>{findings.map((finding) => <li key={finding.at + finding.kind}><Said finding={finding} /></li>)}</ul> : null}
        {id === 'letters' && state === 'bad' ? <Link className={layout.small} to="/admin/operations/dead-letters">{t('panel.letters')}</Link> : null}
      </div>
      <div className={styles.state}><Badge tone={tone}>{t(`checks.state.${state}`)}</Badge><span className={`${layout.small ?? ''} dim`}>{t(`checks.looked.${id}`, { count: looked })}</span></div>
    </li>
  );
}

function Said({ finding }: { finding: Finding }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  const text = () => {
    switch (finding.kind) {
      case 'letters': return t('figure.dead_letters', { count: finding.count });
      case 'late': return t('checks.late', { time: duration(finding.seconds * 1000) });
      case 'breaker': return t('mark.breaker');
      case 'nobody': return t('mark.nobody');
      case 'unowned': return t('mark.unowned');
      case 'unready': return t('mark.unready');
      case 'paused': return t('checks.paused', { why: finding.why });
      default: return finding.why;
    }
  };
  return <><b>{finding.at}</b> {text()}</>;
}
