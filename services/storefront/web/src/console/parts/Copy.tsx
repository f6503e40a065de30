import { Check, Copy as CopyIcon } from 'lucide-react';
import { useState } from 'react';

import { Button } from '@/ui/Button';

import layout from '../layout.module.css';

/** An id, with a button that copies it. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [done, set] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => set(true), () => set(false));
  return (
    <span className={layout.row}>
      <span className={layout.id}>{text}</span>
      <Button look="quiet" size="small" icon aria-label={label} onPress={copy}>{done ? <Check aria-hidden /> : <CopyIcon aria-hidden />}</Button>
    </span>
  );
}
