import type { Schemas } from '@/api/client';
import { ProblemError, Unreachable } from '@/api/problem';

/** Headers that the browser sets itself, and lets no script set. */
const BROWSERS = new Set(['content-length', 'host']);

/** Sends a file by a signed request, and tells how much of it (0 to 1) is there. `fetch` could not tell. */
export function send(upload: Schemas['SignedUpload'], file: Blob, tell: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) if (!BROWSERS.has(name.toLowerCase())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => tell(total > 0 ? loaded / total : 0);
    request.onload = () => {
      // 412: a try before this one has arrived, though its answer was lost.
      if ((request.status >= 200 && request.status < 300) || request.status === 412) resolve();
      else reject(new ProblemError(request.status, { type: '/problems/upload-refused', title: request.statusText || 'refused', status: request.status }));
    };
    request.onerror = () => reject(new Unreachable('the store does not answer'));
    request.send(file);
  });
}
