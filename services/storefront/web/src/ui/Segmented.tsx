import { useId } from 'react';

import type { Choice } from './Field';

import styles from './segmented.module.css';

/** One of a few, all in sight. Arrow keys go from one to the next. */
export function Segmented<T extends string>({ label, choices, value, onChange }: { label: string; choices: readonly (Choice & { id: T })[]; value: T; onChange: (id: T) => void }) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={styles.group}>
      {choices.map(({ id, text }) => (
        <label key={id} className={styles.option}>
          <input className="visually-hidden" type="radio" name={name} value={id} checked={value === id} onChange={() => onChange(id)} />
          {text}
        </label>
      ))}
    </div>
  );
}
