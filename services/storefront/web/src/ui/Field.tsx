import { ChevronDown } from 'lucide-react';
import {
  Button, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue, Text, TextArea, TextField as AriaTextField, type TextFieldProps,
} from 'react-aria-components';

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

/** One of a few. */
export function Select({ label, choices, value, onChange, hideLabel }: { label: string; choices: readonly Choice[]; value: string; onChange: (id: string) => void; hideLabel?: boolean }) {
  return (
    <AriaSelect className={styles.field ?? ''} value={value} onChange={(key) => onChange(String(key))}>
      <Label className={hideLabel ? 'visually-hidden' : (styles.label ?? '')}>{label}</Label>
      <Button className={styles.select ?? ''}>
        <SelectValue />
        <ChevronDown aria-hidden />
      </Button>
      <Popover className={styles.popover ?? ''}>
        <ListBox items={choices}>
          {(choice) => <ListBoxItem id={choice.id} className={styles.option ?? ''}>{choice.text}</ListBoxItem>}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
