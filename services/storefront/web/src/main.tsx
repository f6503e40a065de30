import './styles/tokens.css';
import './styles/base.css';

import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { RouterProvider } from 'react-router/dom';

import { queries } from './app/query';
import { router } from './app/routes';
import { apply } from './app/theme';
import { followOtherTabs, token } from './api/session';
import { begin } from './i18n';

function App() {
  const { i18n } = useTranslation();
  return (
    <I18nProvider locale={i18n.language === 'ja' ? 'ja-JP' : 'en-US'}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  );
}

apply();
// Who was here before is signed in again, beside the first paint and not before it.
void token().catch(() => undefined);
followOtherTabs(() => queries.clear());
/** How long a page whose texts did not come waits before it is loaded again. There is nothing on it that could be lost. */
const LOAD_AGAIN_MS = 5_000;

begin().then(
  () => {
    const root = document.getElementById('root');
    if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
  },
  () => setTimeout(() => window.location.reload(), LOAD_AGAIN_MS),
);
