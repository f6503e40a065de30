import { ChevronDown } from 'lucide-react';
import { useId } from 'react';
import { FieldError, Input, Label, Text, TextArea, TextField as AriaTextField, type TextFieldProps } from 'react-aria-components';

import styles from './field.module.css';

/** What a field says about itself. */
export interface Words {
  label: string;
  hint?: string | undefined;
  /** What is wrong, told at the field. */
  error?: string | undefined;
}

/** Browsers send no form with a field that is said to be wrong: what the API found wrong must not keep it from being sent again. */
export function told(error: string | undefined): { validationBehavior: 'aria' | 'native' } {
  return { validationBehavior: error === undefined ? 'native' : 'aria' };
}

/** A line of text, or several (`lines`). */
export function TextField({ label, hint, error, lines, placeholder, ...rest }: TextFieldProps & Words & { lines?: number; placeholder?: string | undefined }) {
  return (
    <AriaTextField {...told(error)} {...rest} className={styles.field ?? ''} isInvalid={error !== undefined || rest.isInvalid === true}>
      <Label className={styles.label ?? ''}>{label}</Label>
      {lines ? <TextArea className={styles.input ?? ''} rows={lines} {...(placeholder && { placeholder })} /> : <Input className={styles.input ?? ''} {...(placeholder && { placeholder })} />}
      {hint ? <Text slot="description" className={styles.hint ?? ''}>{hint}</Text> : null}
      <FieldError className={styles.error ?? ''}>{error}</FieldError>
    </AriaTextField>
  );
}

export interface Choice {
  id: string;
  text: string;
}

/** One of a few: the browser's own list, which every phone and screen reader has a way of its own with. */
export function Select({ label, choices, value, onChange, hideLabel }: { label: string; choices: readonly Choice[]; value: string; onChange: (id: string) => void; hideLabel?: boolean }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={hideLabel ? 'visually-hidden' : styles.label} htmlFor={id}>{label}</label>
      <span className={styles.select}>
        <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
          {choices.map((choice) => <option key={choice.id} value={choice.id}>{choice.text}</option>)}
        </select>
        <ChevronDown aria-hidden />
      </span>
    </div>
  );
}
