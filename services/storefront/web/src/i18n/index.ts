/** The pages' two languages. Texts come in files by chunk and language; only what is shown is loaded. */
import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { speak } from '@/api/client';
import { Unreachable } from '@/api/problem';
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
      // Tried again a few times.
      (error: unknown) => done(error as Error, true),
    );
  },
};

function first(): Language {
  const asked = new URLSearchParams(window.location.search).get('lang') ?? local.get('language') ?? navigator.language;
  return asked.startsWith('ja') ? 'ja' : 'en';
}

/** Texts that are missing are loaded once more; fails where they can't be: a page of keys is no page. */
async function need(language: string, namespaces: readonly string[]): Promise<void> {
  const missing = () => namespaces.filter((namespace) => !i18next.hasResourceBundle(language, namespace));
  if (missing().length > 0) await i18next.reloadResources([language], missing());
  if (missing().length > 0) throw new Unreachable(`no texts: ${missing().join(', ')}`);
}

function tell(language: string): void {
  document.documentElement.lang = language;
  speak(language);
}

let ready: Promise<void> | null = null;

/** Loads the texts that every page has, in the visitor's language; once, whoever asks first. */
export function begin(): Promise<void> {
  ready ??= start();
  return ready;
}

async function start(): Promise<void> {
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
      maxRetries: 2,
    });
  await need(i18next.language, ['common']);
}

/** Shows everything in this language from now on, once its texts are there. */
export async function change(language: Language): Promise<void> {
  await need(language, [i18next.options.ns ?? []].flat());
  await i18next.changeLanguage(language);
  local.set('language', language);
}

/** Loads the texts of a chunk, before its page is shown. */
export async function texts(...namespaces: string[]): Promise<void> {
  // The router asks for its first page's texts before anything is shown.
  await begin();
  await i18next.loadNamespaces(namespaces);
  await need(i18next.language, namespaces);
}
