import base from './playwright.config';

/** `make screenshots`: pictures of every page, for people to judge. */
export default { ...base, testDir: 'tests/screenshots', testMatch: '*.shots.ts', projects: [{ name: 'screenshots' }], timeout: 600_000 };
