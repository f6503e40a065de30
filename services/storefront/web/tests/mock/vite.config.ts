/** `npx vite --config tests/mock/vite.config.ts`: the pages over the street, with a made-up role `ops`. */
import { defineConfig, mergeConfig, type Plugin } from 'vite';

import base from '../../vite.config';
import { MockOps } from './ops';

function mock(): Plugin {
  const street = new MockOps();
  return {
    name: 'mock-ops',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        let text = '';
        if (!request.url?.startsWith('/ops/')) {
          next();
          return;
        }
        request.on('data', (chunk: Buffer) => (text += chunk.toString()));
        request.on('end', () => {
          const answer = street.answer(request.method ?? 'GET', request.url ?? '', text ? JSON.parse(text) : undefined);
          const late = request.url === '/ops/dead-letters' || request.url === '/ops/rehearsals' ? 900 : 30;
          setTimeout(() => {
            response.writeHead(answer?.status ?? 404, { 'content-type': (answer?.status ?? 404) < 400 ? 'application/json' : 'application/problem+json' });
            response.end(JSON.stringify(answer?.body ?? {}));
          }, late);
        });
      });
    },
  };
}

export default mergeConfig(base, defineConfig({ root: new URL('../..', import.meta.url).pathname, plugins: [mock()] }));
