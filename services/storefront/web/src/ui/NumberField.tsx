import { Minus, Plus } from 'lucide-react';
import { Button, FieldError, Group, Input, Label, NumberField as AriaNumberField, type NumberFieldProps, Text } from 'react-aria-components';

import { told, type Words } from './Field';
import styles from './field.module.css';

/** A number with steps. */
export function NumberField({ label, hint, error, hideLabel, ...rest }: NumberFieldProps & Words & { hideLabel?: boolean }) {
  return (
    <AriaNumberField {...told(error)} {...rest} className={styles.field ?? ''} isInvalid={error !== undefined || rest.isInvalid === true}>
      <Label className={hideLabel ? 'visually-hidden' : (styles.label ?? '')}>{label}</Label>
      <Group className={styles.group ?? ''}>
        <Input className={styles.input ?? ''} />
        <Button slot="decrement" className={styles.step ?? ''}><Minus size={16} aria-hidden /></Button>
        <Button slot="increment" className={styles.step ?? ''}><Plus size={16} aria-hidden /></Button>
      </Group>
      {hint ? <Text slot="description" className={styles.hint ?? ''}>{hint}</Text> : null}
      <FieldError className={styles.error ?? ''}>{error}</FieldError>
    </AriaNumberField>
  );
}
