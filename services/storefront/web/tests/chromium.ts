import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What Chromium is called, as `deploy/local/needs.sh` looks for it. */
export const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser of the tests: the one that `CHROMIUM` names, else the first of `NAMES` that the PATH has. */
export function chromium(environment: NodeJS.ProcessEnv): string {
  if (environment.CHROMIUM) return environment.CHROMIUM;
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(runs) ?? '/usr/bin/chromium';
}
