import { ChevronDown } from 'lucide-react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';

import type { Choice } from './Field';
import styles from './field.module.css';

interface Props {
  label: string;
  /** What its writer has typed, or the text of what is chosen. */
  text: string;
  onText: (text: string) => void;
  /** What was found for it, what is chosen among it: else the field empties when it is left. */
  choices: readonly Choice[];
  chosen: string;
  onChoose: (choice: Choice) => void;
  /** What to know of the search: that nothing was found, say. */
  hint: string | undefined;
}

/** One of many, found by typing: who asks for choices that fit `text` is whoever shows this. */
export function Finder({ label, text, onText, choices, chosen, onChoose, hint }: Props) {
  return (
    <ComboBox
      className={styles.field ?? ''} items={choices} inputValue={text} onInputChange={onText} value={chosen}
      onChange={(id) => {
        const choice = choices.find((choice) => choice.id === id);
        if (choice) onChoose(choice);
      }}
    >
      <Label className={styles.label ?? ''}>{label}</Label>
      <div className={styles.finder}>
        <Input className={styles.input ?? ''} />
        <Button className={styles.open ?? ''}><ChevronDown aria-hidden /></Button>
      </div>
      {hint ? <Text slot="description" className={styles.hint ?? ''}>{hint}</Text> : null}
      <Popover className={styles.popover ?? ''}>
        <ListBox className={styles.list ?? ''}>
          {(choice: Choice) => <ListBoxItem className={styles.option ?? ''} textValue={choice.text}>{choice.text}</ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
