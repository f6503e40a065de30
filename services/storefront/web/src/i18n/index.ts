/** The pages' two languages. Texts come in files by chunk and language; only what is shown is loaded. */
import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { speak } from '@/api/client';
import { local } from '@/api/storage';

export const LANGUAGES = ['ja', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const files = import.meta.glob<{ default: Record<string, unknown> }>('./{ja,en}/*.json');

const loader: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read: (language, namespace, done) => {
    const load = files[`./${language}/${namespace}.json`];
    if (!load) {
      done(new Error(`no texts ${language}/${namespace}`), null);
      return;
    }
    load().then(
      (texts) => done(null, texts.default),
      (error: unknown) => done(error as Error, null),
    );
  },
};

function first(): Language {
  const asked = new URLSearchParams(window.location.search).get('lang') ?? local.get('language') ?? navigator.language;
  return asked.startsWith('ja') ? 'ja' : 'en';
}

function tell(language: string): void {
  document.documentElement.lang = language;
  speak(language);
}

/** Loads the texts that every page has, in the visitor's language. */
export async function begin(): Promise<void> {
  i18next.on('languageChanged', tell);
  await i18next
    .use(loader)
    .use(initReactI18next)
    .init({
      lng: first(),
      fallbackLng: false,
      supportedLngs: LANGUAGES,
      ns: ['common'],
      defaultNS: 'common',
      interpolation: { escapeValue: false },
      returnNull: false,
    });
}

/** Shows everything in this language from now on. */
export async function change(language: Language): Promise<void> {
  local.set('language', language);
  await i18next.changeLanguage(language);
}

/** Loads the texts of a chunk, before its page is shown. */
export async function texts(...namespaces: string[]): Promise<void> {
  await i18next.loadNamespaces(namespaces);
}
