import { expect, test } from './street';

interface Figures {
  lcp: number;
  cls: number;
  tbt: number;
  bytes: number;
}

/** Collected by the browser itself from the first byte on: largest paint, shifts of layout, time that long tasks block. */
function watch(): void {
  const seen = { lcp: 0, cls: 0, tbt: 0 };
  (window as unknown as { figures: typeof seen }).figures = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.lcp = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!entry.hadRecentInput) seen.cls += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tbt += Math.max(0, entry.duration - 50);
  }).observe({ type: 'longtask', buffered: true });
}

for (const path of ['/', '/live']) {
  test(`a first visit to ${path} shifts nothing and loads little`, async ({ page }) => {
    await page.addInitScript(watch);
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle');
    const { lcp, cls, tbt, bytes } = await page.evaluate((): Figures => {
      const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
      const own = files.filter(({ name }) => name.includes('/assets/'));
      const figures = (window as unknown as { figures: Omit<Figures, 'bytes'> }).figures;
      return { ...figures, bytes: own.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) };
    });
    // Times are the machine's; they are printed and not held.
    console.log(`${path}: LCP ${lcp.toFixed(0)} ms, CLS ${cls.toFixed(4)}, TBT ${tbt.toFixed(0)} ms, ${(bytes / 1024).toFixed(0)} KiB of scripts and styles, compressed`);
    expect(cls).toBeLessThan(0.02);
    // What a page loads once it is there, charts say, comes on top of the budget that `make web-check` holds.
    expect(bytes).toBeGreaterThan(50 * 1024);
  });
}

test('the first paint does not wait for the API', async ({ page }) => {
  // The API never answers.
  await page.route(({ pathname }) => /^\/(products|search|tally|cart|auth)(\/|$)/.test(pathname), () => undefined);
  await page.goto('/', { waitUntil: 'commit' });
  await expect(page.getByRole('navigation', { name: 'Main menu' })).toBeVisible();
});
