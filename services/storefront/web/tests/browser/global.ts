/**
 * Opens a street of its own for the browser tests, in a folder and on ports of its own, and closes it at the end.
 * `STREET_URL` (with `INBOX_URL` and `AWS_URL`) names one that is open already, a developer's say; CONSUMER_MAX_ATTEMPTS is to be small there, too.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const DEADLINE_MS = 120_000;

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export default async function open(): Promise<undefined | (() => Promise<void>)> {
  if (process.env.STREET_URL) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'shotengai-web-'));
  const [http, health, aws, postgres, smtp, inbox] = await Promise.all(Array.from({ length: 6 }, freePort));
  const binary = process.env.SHOTENGAI_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug', 'shotengai');
  const ports = { http, health, aws, postgres, smtp, inbox };
  const flags = Object.entries(ports).flatMap(([name, port]) => [`--${name}-port`, String(port)]);
  const log = join(folder, 'dev.log');
  const child = spawn('sh', ['-c', `exec "$0" "$@" > "${log}" 2>&1`, binary, 'dev', '--quiet', ...flags], {
    cwd: folder,
    // A message that can't be handled is to become a dead letter while a test waits for it: within seconds, not in a quarter of an hour.
    env: { ...process.env, NO_COLOR: '1', CONSUMER_MAX_ATTEMPTS: '6', SHOTENGAI_VENV: process.env.SHOTENGAI_VENV ?? join(ROOT, '.local', 'venv') },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const said = () => readFile(log, 'utf8').catch(() => '');
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await said()).includes('The street is open')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the street did not open:\n${await said()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  process.env.STREET_URL = `http://127.0.0.1:${String(http)}`;
  process.env.INBOX_URL = `http://127.0.0.1:${String(inbox)}`;
  process.env.AWS_URL = `http://127.0.0.1:${String(aws)}`;
  return async () => {
    child.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}
