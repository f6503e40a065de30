import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// What dialogs of the component kit need and jsdom lacks: names here have nothing to escape but quotes.
const page = globalThis as { CSS?: object };
page.CSS = { escape: (text: string) => text.replace(/["\\]/g, '\\$&'), ...page.CSS };

afterEach(cleanup);
