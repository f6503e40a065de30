import { useTranslation } from 'react-i18next';

import styles from './run.module.css';

type Step = 'rehearse' | 'confirm' | 'run';

/** Where in the dialog one is. */
export function Steps({ steps, at }: { steps: readonly Step[]; at: Step }) {
  const { t } = useTranslation('console');
  return (
    <ol className={styles.steps}>
      {steps.map((step, n) => <li key={step} data-done={n < steps.indexOf(at)} {...(step === at && { 'aria-current': 'step' as const })}><span aria-hidden>{n + 1}</span>{t(`run.step.${step}`)}</li>)}
    </ol>
  );
}
