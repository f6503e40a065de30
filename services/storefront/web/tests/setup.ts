import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// What dialogs of the component kit need and jsdom lacks: names here have nothing to escape but quotes.
globalThis.CSS ??= { escape: (text: string) => text.replace(/["\\]/g, '\\$&') } as typeof CSS;

afterEach(cleanup);
