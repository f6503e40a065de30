import 'i18next';

import type admin from './ja/admin.json';
import type common from './ja/common.json';
import type console from './ja/console.json';
import type inbox from './ja/inbox.json';
import type live from './ja/live.json';
import type shop from './ja/shop.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: { admin: typeof admin; common: typeof common; console: typeof console; inbox: typeof inbox; live: typeof live; shop: typeof shop };
  }
}
