import i18next from 'i18next';

import { signOut } from '@/api/session';
import { forgetGuests } from '@/shop/data/guests';
import { say } from '@/ui/toasts';

import { queries } from './query';

/** Signs out, and forgets what was read and who was a guest here: whoever comes next sees nothing of it, also where no answer comes. */
export function leave(): Promise<void> {
  const ended = signOut();
  forgetGuests();
  queries.clear();
  return ended.catch(() => say(i18next.t('signed_out_here')));
}
