import { type ComponentType, type ReactNode, useState } from 'react';

import { useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';
import { Button } from '@/ui/Button';

/**
 * The button of a menu that is loaded when it is pressed for the first time: menus are a tenth of what a first visit would
 * load, and most visitors open none.
 */
export function LateMenu({ label, children, load }: { label: string; children: ReactNode; load: () => Promise<ComponentType> }) {
  const [Menu, setMenu] = useState<ComponentType | null>(null);
  const text = useProblemText();
  if (Menu) return <Menu />;
  const open = () => {
    load().then(
      (menu) => setMenu(() => menu),
      (error: unknown) => say(text(error)),
    );
  };
  return <Button look="quiet" icon aria-label={label} aria-haspopup="menu" onPress={open}>{children}</Button>;
}
