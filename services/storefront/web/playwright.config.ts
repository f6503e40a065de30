import { defineConfig } from '@playwright/test';

import { chromium } from './tests/chromium';

/** Sandboxes want rights that containers and root rarely have; nothing but the street's own pages is opened. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export default defineConfig({
  testDir: 'tests/browser',
  globalSetup: './tests/browser/global.ts',
  fullyParallel: true,
  workers: 2,
  // A flaky test is a bug to mend.
  retries: 0,
  forbidOnly: true,
  // Deadlines, not durations: a starved machine may take its time; a test that passes waits for nothing.
  timeout: 180_000,
  expect: { timeout: 45_000, toPass: { timeout: 60_000 } },
  reporter: [['list']],
  outputDir: 'test-results',
  // A consumer is paused there, for which the others' orders would wait.
  projects: [
    { name: 'pages', testIgnore: 'redrive.spec.ts' },
    { name: 'operations', testMatch: 'redrive.spec.ts', dependencies: ['pages'] },
  ],
  use: {
    browserName: 'chromium',
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    // Without snapshots: taking one, the tracer fetches pictures of ours as scripts would, which the policy refuses.
    trace: { mode: 'retain-on-failure', snapshots: false },
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: chromium(process.env), args: FLAGS },
  },
});
