import { useEffect, useState } from 'react';

/**
 * Stands in a dialog that the address opens: gives the focus back to what was pressed. The kit tries, too, but addresses change in
 * transitions, so that what lies behind may still be out of reach then; and whoever uses the keyboard was at the page's beginning.
 */
export function FocusBack(): null {
  // At the first render nothing in the dialog has it yet.
  const [opener] = useState(() => document.activeElement);
  useEffect(() => () => {
    // After the kit: whatever has been given the focus meanwhile keeps it.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    });
  }, [opener]);
  return null;
}
