/** Parts of the settings, each in a chunk of its own with its texts. */
import { lazy } from 'react';

import { texts } from '@/i18n';

export const RivalsSection = lazy(async () => (await Promise.all([import('./Rivals'), texts('live')]))[0]);
