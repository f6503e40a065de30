import { fileURLToPath } from 'node:url';

import locales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the API: the street of `make run`. */
const STREET = process.env.STREET ?? 'http://127.0.0.1:8080';
/** First parts of the API's paths. No page has one of them (`no_page_lies_where_the_api_answers` holds that). */
const API = ['auth', 'products', 'search', 'inventory', 'cart', 'carts', 'orders', 'payments', 'customers', 'tally', 'ops', 'problems', 'openapi.json', 'docs', '.well-known'];

/**
 * The component kit empties its region for announcements by `innerHTML = ''`, which the policy refuses (Trusted Types), and the
 * page with it. Fails where the kit no longer does so: then this can go.
 */
const emptiesWithoutMarkup: Plugin = {
  name: 'empties-without-markup',
  apply: 'build',
  transform(code, id) {
    if (!/react-aria\/dist\/private\/.*\/LiveAnnouncer\.m?js$/.test(id)) return undefined;
    const mended = code.replaceAll(/\.innerHTML = ''/g, '.replaceChildren()');
    if (mended === code) this.error('LiveAnnouncer has changed: is this still needed?');
    return { code: mended, map: null };
  },
};

export default defineConfig({
  plugins: [
    react(),
    emptiesWithoutMarkup,
    // Of the texts that the component kit brings in some thirty languages, only these two.
    { ...locales.vite({ locales: ['en-US', 'ja-JP'] }), enforce: 'pre' },
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // Everything is a file of its own: the policy allows nothing inline.
    assetsInlineLimit: 0,
    // For scripts/sizes.mjs.
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        // Charts are loaded by the pages that draw some, once they are there. A group takes along what its modules import, so
        // what everybody imports is taken first.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|use-sync-external-store|clsx)[\\/]/, priority: 2 },
            { name: 'charts', test: /node_modules[\\/](recharts|victory-vendor|d3-|@reduxjs|react-redux|immer|reselect|es-toolkit|decimal)/, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(API.map((path) => [`/${path}`, { target: STREET, ws: true }])),
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'tests/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
  },
});
