import { type SyntheticEvent, useState } from 'react';

import { TextField } from '@/ui/Field';

import styles from './parts.module.css';

/** A filter that is typed; it counts once Enter was pressed, or the field was left. */
export function SearchField({ label, value, placeholder, onFind }: { label: string; value: string; placeholder?: string; onFind: (text: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  // The address can change without this field, by the browser's way back say.
  if (shown !== value) {
    setShown(value);
    setTyped(value);
  }
  const find = () => {
    if (typed.trim() !== value) onFind(typed.trim());
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    find();
  };
  return (
    <form role="search" className={styles.wide} onSubmit={submit}>
      <TextField label={label} type="search" value={typed} onChange={setTyped} onBlur={find} placeholder={placeholder} />
    </form>
  );
}
